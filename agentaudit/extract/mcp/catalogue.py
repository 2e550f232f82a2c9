"""
What well-known MCP servers can do, tool by tool.

Taken from the servers' public documentation. It is the largest hand-made table of this project, so
it says only what those pages say: a server that is not here has unknown tools, never harmless ones.
"""

from functools import lru_cache

from agentaudit.extract.mcp.known import KnownServer, server

_LONGEST = 4_000
"""Characters of a package, an image or a URL in which its name stands, if it has one."""


def known_server(*names: str) -> KnownServer | None:
    """The known server that one of these packages, images or URLs belongs to."""
    return next((found for name in names if (found := _called(name)) is not None), None)


@lru_cache(maxsize=1024)
def _called(name: str) -> KnownServer | None:
    """The same packages and flags stand in many files."""
    if not name:
        return None
    called = name[:_LONGEST]
    return next((one for one in CATALOGUE if one.pattern.search(called)), None)


CATALOGUE: tuple[KnownServer, ...] = (
    server(
        "github",
        r"server-github\b|github-mcp-server|api\.githubcopilot\.com|mcp/github\b",
        "issues, pull requests and comments on GitHub",
        "GitHub repositories",
        tools="get_issue:rU list_issues:rU search_issues:rU get_pull_request:rU "
        "get_pull_request_comments:rU get_file_contents:rUP search_code:rUP search_repositories:rU "
        "create_issue:wsE add_issue_comment:wsE create_pull_request:wsE push_files:wE "
        "create_or_update_file:wE merge_pull_request:w create_repository:wE fork_repository:w "
        "delete_file:d create_branch:w",
    ),
    server(
        "gitlab",
        r"server-gitlab\b|gitlab-mcp|mcp/gitlab\b",
        "issues and merge requests on GitLab",
        "GitLab projects",
        tools="list_issues:rU get_merge_request:rU get_file_contents:rUP create_issue:wsE "
        "create_merge_request:wsE push_files:wE create_or_update_file:wE",
    ),
    server(
        "git",
        r"mcp-server-git\b|mcp/git\b",
        "",
        "a Git repository",
        tools="git_status:r git_diff:rP git_log:rP git_show:rP git_add:w git_commit:w git_reset:d "
        "git_checkout:w",
    ),
    server(
        "filesystem",
        r"server-filesystem\b|mcp/filesystem\b",
        "",
        "files below the given roots",
        tools="read_file:rP read_multiple_files:rP list_directory:r search_files:rP write_file:w "
        "edit_file:w move_file:wd create_directory:w",
    ),
    server(
        "fetch",
        r"mcp-server-fetch\b|mcp/fetch\b|server-fetch\b",
        "web pages",
        "",
        tools="fetch:rUE",
    ),
    server(
        "puppeteer",
        r"server-puppeteer\b|mcp/puppeteer\b",
        "web pages",
        "",
        tools="puppeteer_navigate:rUE puppeteer_screenshot:rU puppeteer_click:sE "
        "puppeteer_fill:sE puppeteer_evaluate:xUEB",
    ),
    server(
        "playwright",
        r"@playwright/mcp\b|mcp/playwright\b|mcp-playwright",
        "web pages",
        "",
        tools="browser_navigate:rUE browser_snapshot:rU browser_click:sE browser_type:sE "
        "browser_evaluate:xUEB browser_file_upload:sE",
    ),
    server(
        "brave-search",
        r"server-brave-search\b|brave-search-mcp|mcp/brave-search\b",
        "search results",
        "",
        tools="brave_web_search:rU brave_local_search:rU",
    ),
    server(
        "tavily",
        r"tavily-mcp|mcp\.tavily\.com",
        "search results and web pages",
        "",
        tools="tavily_search:rU tavily_extract:rUE",
    ),
    server(
        "exa", r"exa-mcp|mcp\.exa\.ai", "search results", "", tools="web_search_exa:rU crawling:rUE"
    ),
    server(
        "firecrawl",
        r"firecrawl-mcp|mcp\.firecrawl\.dev",
        "web pages",
        "",
        tools="firecrawl_scrape:rUE firecrawl_crawl:rUE firecrawl_search:rU",
    ),
    server(
        "slack",
        r"server-slack\b|slack-mcp|mcp/slack\b|mcp\.slack\.com",
        "messages in Slack",
        "Slack channels",
        tools="slack_list_channels:r slack_get_channel_history:rUP slack_get_thread_replies:rUP "
        "slack_post_message:sE slack_reply_to_thread:sE slack_get_users:rP",
    ),
    server(
        "gmail",
        r"gmail-mcp|gmail.*mcp|mcp.*gmail|google-workspace-mcp|workspace-mcp",
        "mail",
        "a mailbox",
        tools="search_emails:rUP read_email:rUP send_email:sE draft_email:w delete_email:d "
        "download_attachment:rUP",
    ),
    server(
        "google-drive",
        r"server-gdrive\b|gdrive-mcp|mcp/gdrive\b",
        "shared documents",
        "Google Drive",
        tools="search:rUP gdrive_read_file:rUP",
    ),
    server(
        "notion",
        r"notion-mcp-server|mcp\.notion\.com|mcp/notion\b",
        "",
        "a Notion workspace",
        tools="search:rP retrieve_page:rP create_page:w update_page:w delete_block:d",
    ),
    server(
        "atlassian",
        r"mcp-atlassian|mcp\.atlassian\.com|atlassian-mcp",
        "issues in Jira",
        "Jira and Confluence",
        tools="jira_get_issue:rUP jira_search:rUP jira_create_issue:wsE jira_add_comment:wsE "
        "confluence_get_page:rP confluence_update_page:w",
    ),
    server(
        "linear",
        r"mcp\.linear\.app|linear-mcp",
        "issues in Linear",
        "Linear issues",
        tools="list_issues:rUP get_issue:rUP create_issue:w create_comment:w",
    ),
    server(
        "sentry",
        r"mcp\.sentry\.dev|@sentry/mcp-server|mcp-server-sentry\b",
        "error messages of users",
        "Sentry events",
        tools="get_issue_details:rUP search_issues:rUP update_issue:w",
    ),
    server(
        "postgres",
        r"server-postgres\b|mcp/postgres\b",
        "",
        "a PostgreSQL database",
        tools="query:rP",
    ),
    server(
        "postgres-mcp",
        r"postgres-mcp",
        "",
        "a PostgreSQL database",
        tools="execute_sql:rwdP list_schemas:r get_object_details:r",
    ),
    server(
        "supabase",
        r"mcp-server-supabase\b|mcp\.supabase\.com|mcp/supabase\b",
        "rows that users of the application wrote",
        "a Supabase project",
        tools="execute_sql:rwdUPE apply_migration:wd list_tables:r get_logs:rUP "
        "deploy_edge_function:wE",
    ),
    server(
        "sqlite",
        r"mcp-server-sqlite\b|server-sqlite\b|mcp/sqlite\b",
        "",
        "an SQLite database",
        tools="read_query:rP write_query:wd create_table:w list_tables:r describe_table:r",
    ),
    server(
        "mongodb",
        r"mongodb-mcp-server|mcp/mongodb\b",
        "",
        "a MongoDB database",
        tools="find:rP aggregate:rP insert-many:w update-many:w delete-many:d drop-collection:d",
    ),
    server(
        "redis",
        r"mcp-redis|redis-mcp|mcp/redis\b|server-redis\b",
        "",
        "a Redis database",
        tools="get:rP set:w delete:d list:r",
    ),
    server(
        "aws-api",
        r"aws-api-mcp-server",
        "",
        "an AWS account",
        tools="call_aws:rwdxP suggest_aws_commands:r",
    ),
    server(
        "aws-s3",
        r"(?:^|[/@-])s3-mcp|mcp-server-s3|s3-tables-mcp",
        "",
        "Amazon S3 buckets",
        tools="list_buckets:r get_object:rP put_object:wE delete_object:d",
    ),
    server(
        "kubernetes",
        r"mcp-server-kubernetes|kubernetes-mcp-server|mcp/kubernetes\b",
        "",
        "a Kubernetes cluster",
        tools="kubectl_get:rP kubectl_apply:w kubectl_delete:d exec_in_pod:x",
    ),
    server(
        "stripe",
        r"@stripe/mcp\b|mcp\.stripe\.com",
        "",
        "a Stripe account",
        tools="list_customers:rP create_refund:w create_payment_link:w cancel_subscription:d",
    ),
    server(
        "shell",
        r"mcp-server-commands|mcp-shell|shell-mcp|desktop-commander|iterm-mcp",
        "",
        "the machine",
        tools="execute_command:rwdxPE",
    ),
    server(
        "memory", r"server-memory\b|mcp/memory\b", "", "", tools="create_entities:w search_nodes:r"
    ),
    server(
        "time", r"mcp-server-time\b|mcp/time\b", "", "", tools="get_current_time:r convert_time:r"
    ),
    server(
        "sequential-thinking", r"server-sequential-thinking\b", "", "", tools="sequentialthinking:r"
    ),
)
"""Recognised in this order."""
