"""
Pairs of rights that carry data out: something sensitive may be read, and something may be sent.

After the data-exfiltration actions of cloudsplaining and AWS's service authorization reference
("Actions, resources, and condition keys"). One of a pair alone is what most workloads have.
"""

READS = frozenset(
    {
        "athena:getqueryresults",
        "dynamodb:batchgetitem",
        "dynamodb:getitem",
        "dynamodb:query",
        "dynamodb:scan",
        "rds-data:executestatement",
        "redshift-data:getstatementresult",
        "s3:getobject",
        "secretsmanager:batchgetsecretvalue",
        "secretsmanager:getsecretvalue",
        "sqs:receivemessage",
        "ssm:getparameter",
        "ssm:getparameters",
        "ssm:getparametersbypath",
    }
)
"""What people keep: objects, rows, messages, secrets. Only where it is any of them."""

SENDS = frozenset(
    {
        "ec2:modifyimageattribute",
        "ec2:modifysnapshotattribute",
        "ecr:setrepositorypolicy",
        "glue:putresourcepolicy",
        "lambda:addpermission",
        "lambda:invokefunction",
        "lambda:createfunctionurlconfig",
        "ram:createresourceshare",
        "rds:modifydbclustersnapshotattribute",
        "rds:modifydbsnapshotattribute",
        "s3:putaccesspointpolicy",
        "s3:putbucketacl",
        "s3:putbucketpolicy",
        "s3:putobjectacl",
        "s3:putreplicationconfiguration",
        "secretsmanager:putresourcepolicy",
        "ses:sendemail",
        "ses:sendrawemail",
        "sns:addpermission",
        "sns:publish",
        "sns:subscribe",
        "sqs:addpermission",
        "sqs:setqueueattributes",
    }
)
"""What takes data out of the account, or opens it to others. Only where it is to anywhere."""


_TO_ANYBODY = frozenset({"ses:sendemail", "ses:sendrawemail"})
"""The resource of these is who sends: whom they reach, it does not say."""


def outlets(actions: frozenset[str], *, everywhere: bool) -> tuple[str, ...]:
    """Of the actions that a statement allows, on everything of a kind or not, those that send."""
    return tuple(sorted(actions & (SENDS if everywhere else _TO_ANYBODY)))
