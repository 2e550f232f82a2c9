"""
The ids of Azure's built-in roles that agents are given, with their names.

Source: Microsoft Learn, "Azure built-in roles"; the ids are the same in every tenant.
"""

from collections.abc import Mapping
from types import MappingProxyType

from agentaudit.expressions import regex

_ID = regex(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        "7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
        "8311e382-0749-4cb8-b61a-304f252e45ec": "AcrPush",
        "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b": "App Configuration Data Owner",
        "516239f1-63e1-4d78-a4de-a74fb236a071": "App Configuration Data Reader",
        "64702f94-c441-49e6-a78b-ef80e0188fee": "Azure AI Developer",
        "0fb8eba5-a2bb-4abe-b1c1-49dfad359bb0": "Azure ContainerApps Session Executor",
        "f526a384-b230-433a-b45c-95f59c4a2dec": "Azure Event Hubs Data Owner",
        "a638d3c7-ab3a-418d-83e6-5f17a39d4fde": "Azure Event Hubs Data Receiver",
        "2b629674-e913-4c01-ae53-ef4638d8f975": "Azure Event Hubs Data Sender",
        "090c5cfd-751d-490a-894a-3ce6f1109419": "Azure Service Bus Data Owner",
        "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0": "Azure Service Bus Data Receiver",
        "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": "Azure Service Bus Data Sender",
        "25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68": "Cognitive Services Contributor",
        "a001fd3d-188f-4b5d-821b-7da978bf7442": "Cognitive Services OpenAI Contributor",
        "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd": "Cognitive Services OpenAI User",
        "f2dc8367-1007-4938-bd23-fe263f013447": "Cognitive Services Speech User",
        "a97b65f3-24c7-4388-baec-2e87135dc908": "Cognitive Services User",
        "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
        "fbdf93bf-df7d-467e-a4d2-9458aa1360c8": "Cosmos DB Account Reader Role",
        "230815da-be43-4aae-9cb4-875f7bd000aa": "Cosmos DB Operator",
        "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
        "f25e0fa2-a7c8-4377-a976-54943a77a395": "Key Vault Contributor",
        "12338af0-0e69-4776-bea7-57ae8d297424": "Key Vault Crypto User",
        "21090545-7ca7-4776-b22c-e363652d74d2": "Key Vault Reader",
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
        "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
        "92aaf0da-9dab-42b6-94a3-d43ce8d16293": "Log Analytics Contributor",
        "73c42c96-874c-492b-b04d-ab87d138a893": "Log Analytics Reader",
        "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59": "Managed Identity Contributor",
        "f1a07417-d97a-45cb-824c-7a7467783830": "Managed Identity Operator",
        "749f88d5-cbae-40b8-bcfc-e573ddc772fa": "Monitoring Contributor",
        "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
        "43d0d8ad-25c7-4714-9337-8ba259a9fe05": "Monitoring Reader",
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
        "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
        "e0f68234-74aa-48ed-b826-c38b57376e17": "Redis Cache Contributor",
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
        "8ebe5a00-799e-43f5-93ac-243d3dce84a7": "Search Index Data Contributor",
        "1407120a-92aa-4202-b7e9-c0e197c71c8f": "Search Index Data Reader",
        "7ca78c08-252a-4471-8644-bb5ff32d4ba0": "Search Service Contributor",
        "17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
        "81a9662b-bebf-436f-a333-f67b29880f12": "Storage Account Key Operator Service Role",
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
        "db58b8e5-c6ad-4a2a-8342-4190687cbf4a": "Storage Blob Delegator",
        "69566ab7-960f-475b-8e7c-b3118f30c6bd": "Storage File Data Privileged Contributor",
        "0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb": "Storage File Data SMB Share Contributor",
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
        "8a0f0c08-91a1-4084-bc3d-661d67233fed": "Storage Queue Data Message Processor",
        "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
        "19e7f393-937e-4f77-808e-94535e297925": "Storage Queue Data Reader",
        "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
        "76199698-9eea-4c19-bc75-cec21354c6b6": "Storage Table Data Reader",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
        "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": "Virtual Machine Contributor",
        "2cc479cb-7b4d-49a8-b449-8c00fd0f0a4b": "Web Plan Contributor",
        "de139f84-1756-47ae-9be6-808fbbe84772": "Website Contributor",
    }
)


def built_in_role(text: str) -> str:
    """The role that an id or the path to it means; before it may stand that of a subscription."""
    found = _ID.findall(text.lower())
    return _BUILT_IN.get(found[-1], "") if found else ""
