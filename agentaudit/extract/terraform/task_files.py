"""
Task definitions of ECS that are files of their own, in the words of Terraform.

So `aws ecs register-task-definition --cli-input-json` and the action that deploys to ECS take them;
what `describe-task-definition` answers has one around it:
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html.
"""

from agentaudit.extract.collector import Collector
from agentaudit.extract.documents import Documents
from agentaudit.extract.made_nodes import made_mapping
from agentaudit.extract.platform_files import task_definitions
from agentaudit.extract.stacks import Stack
from agentaudit.extract.terraform.iam import Principals
from agentaudit.extract.terraform.modules import Declared
from agentaudit.extract.terraform.names import snake
from agentaudit.extract.terraform.runtimes import add_runtimes
from agentaudit.readers.document import Document, Node

_TYPE = "aws_ecs_task_definition"


def extract_task_files(documents: Documents, collector: Collector) -> None:
    """The containers of every task, and the role that they act as."""
    for document, task in task_definitions(documents):
        stack = Stack(folder=document.file, bodies=[])
        stack.members_by_type = (_declared(document, task, stack),)
        add_runtimes(stack, Principals(documents, collector), collector)
        stack.close()


def _declared(document: Document, task: Node, stack: Stack) -> Declared:
    """A task with the keys of Terraform; its containers and volumes have the same in both."""
    place = task.child("family") or task.child("containerDefinitions") or task
    name = task.text_at("family") or "task"
    return Declared(
        type=_TYPE,
        name=name,
        document=document,
        header=place,
        body=made_mapping(task, {snake(key): value for key, value in task.items()}),
        module=stack,
        label=name,
        own_key=f"{document.file}#{name}",
    )
