"""
The roles that frameworks make for functions of Lambda, as resources of CloudFormation.

SAM makes one for each function without its own, the Serverless Framework one for all of them.
"""

from agentaudit.extract.made_nodes import made_list, made_mapping, made_text
from agentaudit.readers.document import Node


def made_role(
    place: Node,
    *,
    trust: Node,
    policies: tuple[Node, ...],
    managed: Node | None,
    boundary: Node | None,
) -> Node:
    """A role with inline policies, and with managed ones by their ARNs."""
    properties = {
        "AssumeRolePolicyDocument": trust,
        "Policies": made_list(place, policies) if policies else None,
        "ManagedPolicyArns": managed,
        "PermissionsBoundary": boundary,
    }
    return made_mapping(
        place,
        {
            "Type": made_text(place, "AWS::IAM::Role"),
            "Properties": made_mapping(place, properties),
        },
    )


def made_trust(place: Node, service: str = "lambda") -> Node:
    """A service of AWS may act as the role."""
    principal = made_mapping(place, {"Service": made_text(place, f"{service}.amazonaws.com")})
    statement = {
        "Effect": made_text(place, "Allow"),
        "Principal": principal,
        "Action": made_text(place, "sts:AssumeRole"),
    }
    return made_mapping(place, {"Statement": made_list(place, (made_mapping(place, statement),))})


def made_policy(name: str, document: Node) -> Node:
    """An inline policy of a role."""
    parts = {"PolicyName": made_text(document, name), "PolicyDocument": document}
    return made_mapping(document, parts)
