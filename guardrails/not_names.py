"""What a small name model takes for a person's name and is none."""

import re

# Products and technical words that stood in ordinary work messages; company words belong here too.
_WORDS = frozenset(
    """
    active ahead airflow alertmanager android ansible anthropic apache api argo artifactory asana
    auth authenticator aws azure backlog bamboo bamboohr bash bitbucket bitwarden bluetooth bot
    cert certificate chat chrome citewell claude clickhouse cloudflare confluence consul copilot
    cron csv curl dashboard datadog db debian dev devops dhcp django dns docker docs dropbox edge
    elastic elasticsearch email excel faq fastapi figma firefox flask flux gateway gcp gdpr gemini
    git github gitlab gmail go google grafana graphql hallo handbook harbor hello helm hey hi hr
    html http https hubspot ingress intune ios ip iphone issuer istio java jaeger javascript jenkins
    jira json jwt kafka keycloak kibana kong kube kubectl kubernetes lambda laptop latex ldap linear
    linkerd linux loki loom lucene mac macbook macos maven mfa miro mongo mongodb mysql namespace
    nginx node nodejs nomad notion npm oauth okta onboarding openai openapi opsgenie otp outlook
    pagerduty pandas password phoenix php pip playbook pod podman postgres postgresql postman
    powerpoint pr prod prometheus pto pulumi puppet py pypi pytest python pytorch qdrant rabbitmq
    rails react redis repo rest ruby runbook rust saml scala sdk secret sentry sharepoint shell
    slack snowflake sql sso staging standup stripe swift tableau team teams tempo terraform thanks
    timesheet token trello twilio typescript ubuntu unix uri url valkey vault vim vpn vue webhook
    wi-fi wifi windows wordpress workday xcode yaml yubikey zabbix zendesk zip zoom zoho
    january february march april june july august september october november december
    wer wie was wann warum wo wohin woher welche welcher welches darf kann muss gibt urlaub
    monday tuesday wednesday thursday friday saturday sunday christmas easter
    """.split()
)
_WORD = re.compile(r"[\w'\u2019-]+")
_HAS_NO_NAME = re.compile(r"[\d\n/\\@_`#$%^&*+=|{}\[\]<>]")


def is_no_name(words: str) -> bool:
    """Return whether `words` can't be a person's name, whatever a model says.

    A name has a capital letter, no digits or signs, and at least one word that is none of the
    known products and terms.
    """
    if _HAS_NO_NAME.search(words) or not any(char.isupper() for char in words):
        return True
    parts = [part.lower().removesuffix("'s") for part in _WORD.findall(words)]
    return all(part in _WORDS for part in parts)
