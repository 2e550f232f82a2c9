"""
Ways from some permissions to all of them, and actions that hand out secrets.

After the collections of Rhino Security Labs, cloudsplaining and pathfinding.cloud. A method holds
when an identity has all its actions, without a resource that narrows them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct


class Method(Struct, frozen=True):
    """Actions that together give more. `service` is to whom a role is passed, where one is."""

    actions: tuple[str, ...]
    service: str = ""


def _passing(service: str, *actions: str) -> Method:
    return Method(("iam:passrole", *actions), f"{service}.amazonaws.com")


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "create-access-key": Method(("iam:createaccesskey",)),
        "create-login-profile": Method(("iam:createloginprofile",)),
        "update-login-profile": Method(("iam:updateloginprofile",)),
        "add-user-to-group": Method(("iam:addusertogroup",)),
        "create-policy-version": Method(("iam:createpolicyversion",)),
        "set-default-policy-version": Method(("iam:setdefaultpolicyversion",)),
        "attach-user-policy": Method(("iam:attachuserpolicy",)),
        "attach-group-policy": Method(("iam:attachgrouppolicy",)),
        "attach-role-policy": Method(("iam:attachrolepolicy",)),
        "put-user-policy": Method(("iam:putuserpolicy",)),
        "put-group-policy": Method(("iam:putgrouppolicy",)),
        "put-role-policy": Method(("iam:putrolepolicy",)),
        "update-trust-policy": Method(("iam:updateassumerolepolicy",)),
        "assume-any-role": Method(("sts:assumerole",)),
        "pass-role-to-ec2": _passing("ec2", "ec2:runinstances"),
        "pass-role-to-lambda": _passing("lambda", "lambda:createfunction", "lambda:invokefunction"),
        "pass-role-to-lambda-by-event": _passing(
            "lambda", "lambda:createfunction", "lambda:createeventsourcemapping"
        ),
        "pass-role-to-ecs": _passing("ecs-tasks", "ecs:registertaskdefinition", "ecs:runtask"),
        "pass-role-to-cloudformation": _passing("cloudformation", "cloudformation:createstack"),
        "pass-role-to-codebuild": _passing(
            "codebuild", "codebuild:createproject", "codebuild:startbuild"
        ),
        "pass-role-to-glue": _passing("glue", "glue:createjob", "glue:startjobrun"),
        "pass-role-to-glue-endpoint": _passing("glue", "glue:createdevendpoint"),
        "pass-role-to-data-pipeline": _passing("datapipeline", "datapipeline:createpipeline"),
        "pass-role-to-sagemaker-notebook": _passing(
            "sagemaker", "sagemaker:createnotebookinstance"
        ),
        "pass-role-to-sagemaker-job": _passing("sagemaker", "sagemaker:createtrainingjob"),
        "pass-role-to-app-runner": _passing("apprunner", "apprunner:createservice"),
        "pass-role-to-spot-instance": _passing("ec2", "ec2:requestspotinstances"),
        "pass-role-to-open-lambda": _passing(
            "lambda", "lambda:createfunction", "lambda:addpermission"
        ),
        "pass-role-to-ecs-service": _passing(
            "ecs-tasks", "ecs:registertaskdefinition", "ecs:createservice"
        ),
        "pass-role-to-ecs-on-instance": _passing(
            "ecs-tasks", "ecs:registertaskdefinition", "ecs:starttask"
        ),
        "pass-role-to-new-stack-set": _passing(
            "cloudformation", "cloudformation:createstackset", "cloudformation:createstackinstances"
        ),
        "pass-role-to-stack-set": _passing("cloudformation", "cloudformation:updatestackset"),
        "pass-role-to-codebuild-batch": _passing(
            "codebuild", "codebuild:createproject", "codebuild:startbuildbatch"
        ),
        "pass-role-to-glue-by-trigger": _passing("glue", "glue:createjob", "glue:createtrigger"),
        "pass-role-to-changed-glue-job": _passing("glue", "glue:updatejob", "glue:startjobrun"),
        "pass-role-to-changed-glue-job-by-trigger": _passing(
            "glue", "glue:updatejob", "glue:createtrigger"
        ),
        "pass-role-to-sagemaker-processing": _passing("sagemaker", "sagemaker:createprocessingjob"),
        "pass-role-to-code-interpreter": _passing(
            "bedrock-agentcore",
            "bedrock-agentcore:createcodeinterpreter",
            "bedrock-agentcore:startcodeinterpretersession",
            "bedrock-agentcore:invokecodeinterpreter",
        ),
        "use-any-code-interpreter": Method(
            (
                "bedrock-agentcore:startcodeinterpretersession",
                "bedrock-agentcore:invokecodeinterpreter",
            )
        ),
        "update-lambda-code": Method(("lambda:updatefunctioncode",)),
        "enter-glue-endpoint": Method(("glue:updatedevendpoint",)),
        "change-any-stack": Method(
            ("cloudformation:createchangeset", "cloudformation:executechangeset")
        ),
        "restart-instance-with-own-code": Method(
            ("ec2:modifyinstanceattribute", "ec2:stopinstances", "ec2:startinstances")
        ),
        "change-launch-template": Method(
            ("ec2:createlaunchtemplateversion", "ec2:modifylaunchtemplate")
        ),
        "log-in-to-instances": Method(
            ("ec2-instance-connect:sendsshpublickey", "ec2:describeinstances")
        ),
        "open-any-notebook": Method(("sagemaker:createpresignednotebookinstanceurl",)),
        "restart-notebook-with-own-code": Method(
            (
                "sagemaker:createnotebookinstancelifecycleconfig",
                "sagemaker:stopnotebookinstance",
                "sagemaker:updatenotebookinstance",
                "sagemaker:startnotebookinstance",
            )
        ),
        "run-command-on-instances": Method(("ssm:sendcommand",)),
        "execute-in-ecs-task": Method(("ecs:executecommand", "ecs:describetasks")),
    }
)

SECRET_READS = frozenset(
    {
        "secretsmanager:getsecretvalue",
        "secretsmanager:batchgetsecretvalue",
        "ssm:getparameter",
        "ssm:getparameters",
        "ssm:getparametersbypath",
        "kms:decrypt",
        "bedrock-agentcore:getresourceapikey",
        "bedrock-agentcore:getresourceoauth2token",
        "bedrock-agentcore:getworkloadaccesstoken",
        "bedrock-agentcore:getworkloadaccesstokenforjwt",
        "bedrock-agentcore:getworkloadaccesstokenforuserid",
        "codeartifact:getauthorizationtoken",
        "cognito-identity:getcredentialsforidentity",
        "cognito-identity:getopenidtoken",
        "ec2:getpassworddata",
        "ecr:getauthorizationtoken",
        "iam:createaccesskey",
        "iam:createloginprofile",
        "iam:createservicespecificcredential",
        "iam:resetservicespecificcredential",
        "lightsail:getinstanceaccessdetails",
        "lightsail:downloaddefaultkeypair",
        "rds-db:connect",
        "redshift:getclustercredentials",
        "redshift-serverless:getcredentials",
        "sso:getrolecredentials",
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:getfederationtoken",
        "sts:getsessiontoken",
    }
)
"""Actions whose answer is a secret or a credential."""
