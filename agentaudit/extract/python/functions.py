"""Tools that Python code gives an app of Azure Functions, whose server of MCP offers them."""

from agentaudit.extract.azure.functions import add_function_server
from agentaudit.extract.documents import folder_of
from agentaudit.extract.python.building import Building
from agentaudit.extract.python.tools import triggers_tool
from agentaudit.model.deployment import EdgeKind


def add_function_apps(building: Building) -> None:
    """The functions of a module that a trigger makes tools, and the server around them."""
    module = building.module
    for function in module.functions if building.tools_at else ():
        tool = building.tools_at.get(function.lineno)
        if tool is not None and any(
            triggers_tool(module, each) for each in function.decorator_list
        ):
            place = tool.evidence[0]
            folder = folder_of(module.document.file)
            server = add_function_server(building.documents, building.collector, folder, place)
            building.collector.link(EdgeKind.EXPOSES, server.id, tool.id, place)
