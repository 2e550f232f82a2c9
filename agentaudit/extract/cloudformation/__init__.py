"""CloudFormation, SAM and the Serverless Framework."""
