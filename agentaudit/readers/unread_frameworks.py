"""
Frameworks for agents in Python that are recognised, and not read.

The names are those of the packages' documentation in late 2026.
"""

from collections.abc import Mapping
from types import MappingProxyType

UNREAD_FRAMEWORKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "agency_swarm": ("Agency Swarm", r"\w*Agent|Agency"),
        "agentscope": ("AgentScope", r"\w*Agent"),
        "beeai_framework": ("BeeAI", r"\w*Agent|AgentWorkflow"),
        "browser_use": ("Browser Use", r"Agent"),
        "camel": ("CAMEL", r"\w*Agent|\w*RolePlaying|Workforce"),
        "controlflow": ("ControlFlow", r"Agent|Flow"),
        "fast_agent": ("fast-agent", r"FastAgent"),
        "griptape": ("Griptape", r"Agent|Pipeline|Workflow"),
        "llama_stack_client": ("Llama Stack", r"\w*Agent"),
        "mcp_agent": ("mcp-agent", r"MCPApp|FastAgent|Agent|Orchestrator\w*"),
        "metagpt": ("MetaGPT", r"Team|DataInterpreter|SoftwareCompany"),
        "phi": ("Phidata", r"Agent|Assistant"),
        "praisonaiagents": ("PraisonAI", r"\w*Agents?"),
        "qwen_agent": ("Qwen-Agent", r"\w*Agent|Assistant|ReActChat|GroupChat|Router"),
        "swarms": ("Swarms", r"Agent|\w*Swarm|\w*Workflow"),
        "taskweaver": ("TaskWeaver", r"TaskWeaverApp"),
        "upsonic": ("Upsonic", r"Agent|Team"),
    }
)
"""By the package: what the framework is called, and the names of what builds an agent there."""
