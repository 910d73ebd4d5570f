# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a load balancer's node: HAProxy's configuration and what it refers to. Nothing here asks anybody.

Behaviour after the Application Load Balancers guide ("Listener rules", "HTTP headers and Application Load Balancers",
"Troubleshoot your Application Load Balancers") and the Network Load Balancers guide.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from moto.elbv2.ssl_policies import SSL_POLICIES

from ..api.balancing import APPLICATION, Balancer, Listener, Node, Rule, Target, TargetGroup, groups_of
from ..errors import LabError
from .balancer_text import escaped, filled, header_name, query_expression, quoted, whole, wildcards

FILES = "@files@"
"""Where the files lie; the node puts its directory here."""
Sources = Mapping[int, tuple[str, ...] | None]
"""For each port, the networks that an NLB lets through to targets that see the clients' addresses; None: all."""
CONNECT_SECONDS = 10
"""ALB guide, HTTP 504: "before the connection timeout expired (10 seconds)"."""
SECURE = ("HTTPS", "TLS")
ALGORITHMS = {
    "round_robin": "roundrobin",
    "least_outstanding_requests": "leastconn",
    "weighted_random": "random",
}
PAGES = {
    400: "Bad Request",
    403: "Forbidden",
    408: "Request Timeout",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
TRACE_ID = "Root=1-%[var(txn.trace_time),lower]-%[uuid(),regsub(-,,g),bytes(0,24)]"


def files(balancer: Balancer, node: Node, sources: Sources) -> dict[str, str]:
    """Return the node's files by name.

    Raises:
        LabError: the load balancer asks for what no proxy can do.
    """
    found = {
        "haproxy.cfg": configuration(balancer, node, sources),
        "checks.json": json.dumps(checks(balancer, node), indent=1),
    }
    for listener in balancer.listeners:
        if listener.protocol in SECURE:
            names = []
            for number, arn in enumerate(listener.certificates):
                if arn in balancer.certificates:
                    names.append(f"{listener.port}-{number}.pem")
                    found[names[-1]] = balancer.certificates[arn]
            # The first one serves names that none is for.
            found[f"{listener.port}.certificates"] = "".join(f"{name}\n" for name in names)
        for number, rule in enumerate(listener.rules):
            if rule.action["Type"] == "fixed-response":
                body = rule.action["FixedResponseConfig"].get("MessageBody", "")
                found[body_file(listener, number)] = body
        allowed = sources.get(listener.port)
        if allowed is not None:
            found[f"{listener.port}.clients"] = "".join(f"{cidr}\n" for cidr in allowed)
    for status, title in PAGES.items():
        found[f"{status}.http"] = page(status, title)
    return found


def generation(content: Mapping[str, str]) -> str:
    """Return a name that is the same for the same files."""
    return hashlib.sha256(json.dumps(dict(content), sort_keys=True).encode()).hexdigest()[:16]


def checks(balancer: Balancer, node: Node) -> dict[str, dict[str, Any]]:
    """Return the node's health checks, as health.Check of the image has them, by check id."""
    return {
        group.check_id(target): {
            "protocol": group.check_protocol,
            "address": target.address,
            "port": target.port if group.check_port == "traffic-port" else int(group.check_port),
            "path": group.check_path,
            "matcher": group.matcher,
            "interval": group.check_interval,
            "timeout": group.check_timeout,
            "healthy_threshold": group.healthy_threshold,
            "unhealthy_threshold": group.unhealthy_threshold,
            "detailed": balancer.kind == APPLICATION,
        }
        for group in balancer.target_groups.values()
        for target in balancer.targets_of(node, group)
    }


def page(status: int, title: str) -> str:
    """Return an error as an ALB answers it."""
    return (
        f"HTTP/1.1 {status} {title}\r\nServer: awselb/2.0\r\nContent-Type: text/html\r\nCache-Control: no-cache\r\n"
        f"\r\n<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )


def body_file(listener: Listener, number: int) -> str:
    """Return the name of the file with a fixed response's body."""
    return f"{listener.port}-{number}.body"


def configuration(balancer: Balancer, node: Node, sources: Sources) -> str:
    """Return the text of haproxy.cfg, but for the health of the targets, which the node fills in."""
    lines = [*_global(), *_defaults(balancer), *_alive()]
    for listener in balancer.listeners:
        if balancer.kind == APPLICATION:
            lines += _http_frontend(balancer, node, listener, sources)
        else:
            lines += _tcp_frontend(balancer, node, listener, sources)
    for group in balancer.target_groups.values():
        lines += _backends(balancer, node, group)
    return "\n".join(lines) + "\n"


def _global() -> list[str]:
    return [
        "global",
        "  log stdout format raw daemon notice",
        "  maxconn 4000",
        "  nbthread 1",
        "  user haproxy",
        "  group haproxy",
        # With the listening sockets: a new worker takes them over from the old one, no connection is refused meanwhile.
        "  stats socket /run/balancer/admin.sock mode 600 level admin expose-fd listeners",
        # An old worker ends with its last connection; the longest deregistration delay is an hour.
        "  hard-stop-after 1h",
        "  tune.ssl.default-dh-param 2048",
        f"  crt-base {FILES}",
    ]


def _defaults(balancer: Balancer) -> list[str]:
    lines = ["defaults", "  log global", f"  timeout connect {CONNECT_SECONDS}s", "  retries 0"]
    if balancer.kind == APPLICATION:
        idle = balancer.attributes["idle_timeout.timeout_seconds"]
        lines += ["  mode http", *(f"  timeout {name} {idle}s" for name in ("client", "server", "tunnel"))]
        lines += [f"  timeout http-keep-alive {idle}s", f"  timeout http-request {idle}s"]
        lines += [f"  errorfile {status} {FILES}/{status}.http" for status in PAGES]
    else:
        longest = max((listener.idle_seconds for listener in balancer.listeners), default=350)
        lines += ["  mode tcp", f"  timeout client {longest}s", f"  timeout server {longest}s"]
    return lines


def _alive() -> list[str]:
    # HAProxy does not start without a listening proxy, which a load balancer without listeners has not.
    return ["frontend alive", "  mode tcp", "  timeout client 1s", "  bind unix@/run/balancer/alive.sock"]


def _bind(balancer: Balancer, listener: Listener) -> str:
    line = f"  bind :{listener.port}"
    if listener.protocol not in SECURE:
        return line
    policy = SSL_POLICIES[listener.ssl_policy or "ELBSecurityPolicy-2016-08"]
    protocols = sorted(policy["ssl_protocols"], key=lambda name: float(name.removeprefix("TLSv")))
    lowest, highest = (f"TLSv{float(name.removeprefix('TLSv')):.1f}" for name in (protocols[0], protocols[-1]))
    suites = [name for name in policy["ciphers"] if name.startswith("TLS_")]
    ciphers = [name for name in policy["ciphers"] if not name.startswith("TLS_")]
    line += f" ssl crt-list {FILES}/{listener.port}.certificates ssl-min-ver {lowest} ssl-max-ver {highest}"
    if suites:
        line += f" ciphersuites {':'.join(suites)}"
    if ciphers:
        # OpenSSL of Debian refuses the protocols before 1.2 at its own security level.
        level = ":@SECLEVEL=0" if lowest in ("TLSv1.0", "TLSv1.1") else ""
        line += f" ciphers {':'.join(ciphers)}{level}"
    if balancer.kind == APPLICATION:
        line += " alpn h2,http/1.1" if balancer.attributes["routing.http2.enabled"] == "true" else " alpn http/1.1"
    return line


def _tcp_frontend(balancer: Balancer, node: Node, listener: Listener, sources: Sources) -> list[str]:
    lines = [f"frontend listener-{listener.port}", _bind(balancer, listener)]
    if sources.get(listener.port) is not None:
        lines.append(f"  tcp-request connection silent-drop unless {{ src -f {FILES}/{listener.port}.clients }}")
    lines.append(f"  timeout client {listener.idle_seconds}s")
    chosen = groups_of(listener.rules[-1].action)
    lines += _forward(balancer, node, chosen, "tcp-request content", "")
    return lines


def _http_frontend(balancer: Balancer, node: Node, listener: Listener, sources: Sources) -> list[str]:
    lines = [
        f"frontend listener-{listener.port}",
        _bind(balancer, listener),
        f"  http-request set-var(txn.protocol) str({listener.protocol.lower()})",
        "  http-request set-var(txn.host) req.hdr(host),host_only",
        "  http-request set-var(txn.path) path,regsub(^/,)",
        "  http-request set-var(txn.query) query",
        "  http-request set-var-fmt(txn.suffix) '?%[query]' if { query -m len ge 1 }",
    ]
    for number, rule in enumerate(listener.rules):
        lines += _choose(number, rule)
    lines += _headers(balancer, listener)
    actions = [
        line for number, rule in enumerate(listener.rules) for line in _act(balancer, node, listener, number, rule)
    ]
    # HAProxy evaluates these last wherever they stand, and warns if they do not stand there.
    return lines + sorted(actions, key=lambda line: line.startswith("  use_backend"))


def _choose(number: int, rule: Rule) -> list[str]:
    """Return the lines by which the first rule that matches becomes the request's rule."""
    lines = []
    names = []
    for index, condition in enumerate(rule.conditions):
        names.append(f"rule{number}-{index}")
        lines += [f"  acl {names[-1]} {test}" for test in matchers(condition)]
    free = "!{ var(txn.rule) -m found }"
    return [*lines, f"  http-request set-var(txn.rule) int({number}) if {' '.join([free, *names])}"]


def matchers(condition: Mapping[str, Any]) -> list[str]:
    """Return the tests of a condition, one of which must hold, as HAProxy's access lists have them."""
    kind = condition["Field"]
    if kind == "path-pattern":
        # "The path pattern is case-sensitive"; the others are not.
        values = _values(condition, "PathPatternConfig")
        return [f"path -m reg {quoted(whole(wildcards(value)))}" for value in values]
    if kind == "host-header":
        values = _values(condition, "HostHeaderConfig")
        return [f"req.hdr(host),host_only -m reg -i {quoted(whole(wildcards(value)))}" for value in values]
    if kind == "http-header":
        name = header_name(condition["HttpHeaderConfig"]["HttpHeaderName"])
        values = _values(condition, "HttpHeaderConfig")
        return [f"{quoted(f'req.fhdr({name})')} -m reg -i {quoted(whole(wildcards(value)))}" for value in values]
    if kind == "http-request-method":
        return [f"method -m reg {quoted(whole(escaped(v)))}" for v in _values(condition, "HttpRequestMethodConfig")]
    if kind == "query-string":
        pairs = condition["QueryStringConfig"]["Values"]
        return [f"query -m reg -i {quoted(query_expression(pair.get('Key') or None, pair['Value']))}" for pair in pairs]
    if kind == "source-ip":
        return [f"src {value}" for value in _values(condition, "SourceIpConfig")]
    raise LabError(f"A load balancer of the lab knows no conditions of the kind {kind!r}.")


def _values(condition: Mapping[str, Any], key: str) -> list[str]:
    return list(condition.get(key, {}).get("Values") or condition.get("Values") or [])


def _headers(balancer: Balancer, listener: Listener) -> list[str]:
    attributes = balancer.attributes
    lines = []
    if attributes["routing.http.drop_invalid_header_fields.enabled"] == "true":
        lines.append("  http-request del-header '[^A-Za-z0-9-]' -m reg")
    client = "%[src]:%[src_port]" if attributes["routing.http.xff_client_port.enabled"] == "true" else "%[src]"
    mode = attributes["routing.http.xff_header_processing.mode"]
    if mode == "append":
        lines += [
            "  http-request set-var(txn.forwarded) req.fhdr(x-forwarded-for)",
            f"  http-request set-header X-Forwarded-For '%[var(txn.forwarded)], {client}' "
            "if { var(txn.forwarded) -m found }",
            f"  http-request set-header X-Forwarded-For '{client}' if !{{ var(txn.forwarded) -m found }}",
        ]
    elif mode == "remove":
        lines.append("  http-request del-header X-Forwarded-For")
    lines += [
        f"  http-request set-header X-Forwarded-Proto {listener.protocol.lower()}",
        f"  http-request set-header X-Forwarded-Port {listener.port}",
        "  http-request set-var-fmt(txn.trace_time) '%{+X}Ts'",
        "  http-request set-var(txn.trace) req.fhdr(x-amzn-trace-id)",
        f"  http-request set-header X-Amzn-Trace-Id '{TRACE_ID}' if !{{ var(txn.trace) -m found }}",
        f"  http-request set-header X-Amzn-Trace-Id '{TRACE_ID.replace('Root', 'Self', 1)};%[var(txn.trace)]' "
        "if { var(txn.trace) -m found }",
    ]
    if attributes["routing.http.x_amzn_tls_version_and_cipher_suite.enabled"] == "true" and listener.protocol in SECURE:
        lines += [
            "  http-request set-header x-amzn-tls-version %[ssl_fc_protocol]",
            "  http-request set-header x-amzn-tls-cipher-suite %[ssl_fc_cipher]",
        ]
    return lines


def _act(balancer: Balancer, node: Node, listener: Listener, number: int, rule: Rule) -> list[str]:
    mine = f"{{ var(txn.rule) -m int {number} }}"
    kind = rule.action["Type"]
    if kind == "redirect":
        chosen = rule.action["RedirectConfig"]
        code = chosen["StatusCode"].removeprefix("HTTP_")
        return [f"  http-request redirect location {quoted(location(chosen))} code {code} if {mine}"]
    if kind == "fixed-response":
        chosen = rule.action["FixedResponseConfig"]
        line = f"  http-request return status {chosen['StatusCode']}"
        if chosen.get("MessageBody"):
            line += f" content-type {quoted(chosen.get('ContentType') or 'text/plain')}"
            line += f" file {FILES}/{body_file(listener, number)}"
        return [f"{line} hdr Server awselb/2.0 if {mine}"]
    return _forward(balancer, node, groups_of(rule.action), "http-request", mine)


def location(chosen: Mapping[str, str]) -> str:
    """Return a redirect's target as a format of HAProxy (API reference, RedirectActionConfig)."""
    protocol = chosen.get("Protocol") or "#{protocol}"
    host = chosen.get("Host") or "#{host}"
    port = chosen.get("Port") or "#{port}"
    path = chosen.get("Path") or "/#{path}"
    query = chosen.get("Query", "#{query}")
    # No question mark where the request had no query.
    suffix = "%[var(txn.suffix)]" if query == "#{query}" else f"?{filled(query)}" if query else ""
    scheme = protocol.lower() if protocol != "#{protocol}" else protocol
    return f"{filled(scheme)}://{filled(host)}:{filled(port)}{filled(path)}{suffix}"


def _forward(balancer: Balancer, node: Node, chosen: list[tuple[str, int]], verb: str, mine: str) -> list[str]:
    """Return the lines that lead to target groups: by weight, and to all targets of one that has no healthy one."""
    weighted = [(arn, weight) for arn, weight in chosen if weight > 0]
    total = sum(weight for _, weight in weighted)
    lines = []
    if len(weighted) > 1:
        lines.append(f"  {verb} set-var({_scope(verb)}.share) rand({total})" + (f" if {mine}" if mine else ""))
    threshold = 0
    for arn, weight in weighted:
        threshold += weight
        conditions = [mine] if mine else []
        if threshold < total:
            conditions.append(f"{{ var({_scope(verb)}.share) -m int lt {threshold} }}")
        group = balancer.target_groups[arn]
        name = backend_name(group)
        if balancer.targets_of(node, group):
            # AWS: "If a target group contains only unhealthy registered targets, the load balancer routes requests to
            # all those targets" (ALB guide; fail-open of NLBs as well).
            lines.append(f"  use_backend open-{name} if {' '.join([*conditions, f'{{ nbsrv({name}) eq 0 }}'])}")
        lines.append(f"  use_backend {name}" + (f" if {' '.join(conditions)}" if conditions else ""))
    return lines


def _scope(verb: str) -> str:
    return "txn" if verb == "http-request" else "sess"


def backend_name(group: TargetGroup) -> str:
    """Return the name of a target group's backend."""
    return f"group-{group.arn.rpartition('/')[2]}"


def server_name(target: Target) -> str:
    """Return the name of a target's server; also the value of its cookie, the same on all nodes."""
    return f"t-{hashlib.sha256(f'{target.target_id}:{target.port}'.encode()).hexdigest()[:12]}"


def _backends(balancer: Balancer, node: Node, group: TargetGroup) -> list[str]:
    """Return the target group's backend, with the healthy targets in rotation, and the one with all of them."""
    name = backend_name(group)
    targets = balancer.targets_of(node, group)
    settings = _backend_settings(balancer, group)
    if not targets:
        refusal = "http-request return status 503 default-errorfiles" if balancer.kind == APPLICATION else None
        # A connection to a zone of a NLB without targets ends at once.
        return [f"backend {name}", f"  {refusal or 'tcp-request content reject'}"]
    lines = [f"backend {name}", *settings]
    lines += [f"  {_server(balancer, group, target)} # target {group.check_id(target)}" for target in targets]
    lines += [f"backend open-{name}", *settings]
    return [*lines, *(f"  {_server(balancer, group, target)}" for target in targets)]


def _backend_settings(balancer: Balancer, group: TargetGroup) -> list[str]:
    attributes = group.attributes
    sticky = attributes.get("stickiness.enabled") == "true"
    if balancer.kind != APPLICATION:
        return ["  balance source" if sticky else "  balance roundrobin"]
    lines = [
        f"  balance {ALGORITHMS[attributes.get('load_balancing.algorithm.type', 'round_robin')]}",
        # HAProxy's 503 for a target that does not take the connection is 502 with AWS, and 504 when it took too long.
        f"  errorfile 503 {FILES}/502.http",
        "  http-request set-var(txn.began) date(0,ms)",
        "  http-after-response set-status 504 reason 'Gateway Time-out' if { status 502 } "
        f"{{ res.fhdr(server) awselb/2.0 }} {{ date(0,ms),sub(txn.began) ge {CONNECT_SECONDS * 1000} }}",
    ]
    if sticky:
        seconds = attributes.get("stickiness.lb_cookie.duration_seconds", "86400")
        lines.append(f"  cookie AWSALB insert indirect nocache maxlife {seconds}s")
    return lines


def _server(balancer: Balancer, group: TargetGroup, target: Target) -> str:
    name = server_name(target)
    words = ["server", name, f"{target.address}:{target.port}"]
    if group.protocol in SECURE:
        words.append("ssl verify none")
    if balancer.kind == APPLICATION:
        if group.attributes.get("stickiness.enabled") == "true":
            words.append(f"cookie {name}")
        slow = int(group.attributes.get("slow_start.duration_seconds", "0"))
        if slow:
            words.append(f"slowstart {slow}s")
    else:
        if group.attributes.get("proxy_protocol_v2.enabled") == "true":
            words.append("send-proxy-v2")
        if group.attributes.get("target_health_state.unhealthy.connection_termination.enabled", "true") == "true":
            words.append("on-marked-down shutdown-sessions")
    return " ".join(words)
