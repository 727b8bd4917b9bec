"""Why a request failed, in words that say what to mend: name, connection, certificate, proxy or login.

No address of an object, and no secret of a URL, is in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from requests import Response, exceptions
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from scanner.model.urls import redact

NETWORK = "Check the network, the proxy and the index configuration (PIP_INDEX_URL), then run again."
CERTIFICATE = (
    "Where a company's authority signed it, name its certificate by SSL_CERT_FILE, PIP_CERT or REQUESTS_CA_BUNDLE, "
    "then run again."
)
PROXY = "Check HTTP_PROXY, HTTPS_PROXY, NO_PROXY, PIP_PROXY and `proxy` of pip.conf, then run again."
LOGIN = (
    "Put the user and the password into the index URL (https://USER:PASSWORD@HOST/…) or into ~/.netrc, or set "
    "PIP_KEYRING_PROVIDER=subprocess, then run again."
)


class Cause(msgspec.Struct, frozen=True):
    """What happened, and what to do."""

    what: str
    remedy: str = NETWORK


def of_error(error: BaseException, proxy: str = "") -> Cause:
    """The innermost cause that says something. ``proxy`` is the one that the request went through, if any."""
    chain = list(_chain(error))
    if any(isinstance(one, exceptions.ProxyError) for one in chain):
        return _of_proxy(chain, proxy)
    if any(isinstance(one, exceptions.SSLError) for one in chain):
        return _of_certificate(chain)
    if any(isinstance(one, NameResolutionError) for one in chain):
        return Cause("the name of the server is not known (DNS)")
    late = any(isinstance(one, exceptions.Timeout | ReadTimeoutError | TimeoutError) for one in chain)
    # urllib3 counts a refused connection among those that took too long.
    if late and not any(isinstance(one, NewConnectionError) for one in chain):
        return Cause("the server did not answer in time")
    if isinstance(error, exceptions.InvalidProxyURL) or "SOCKS" in str(error):
        return Cause("the configured proxy cannot be used", PROXY)
    if isinstance(error, exceptions.InvalidURL | exceptions.MissingSchema | exceptions.InvalidSchema | ValueError):
        return Cause("the URL is not valid")
    system = next((one for one in chain if isinstance(one, OSError) and one.strerror and one.errno), None)
    if any(isinstance(one, NewConnectionError | ConnectTimeoutError) for one in chain):
        return Cause(f"the server could not be reached{_said(system)}")
    if isinstance(error, exceptions.ConnectionError | HTTPError | OSError):
        return Cause(f"the connection broke off{_said(system)}")
    return Cause(type(error).__name__)


def _of_proxy(chain: list[BaseException], proxy: str) -> Cause:
    shown = redact(proxy) if "://" in proxy else redact(f"http://{proxy}") if proxy else ""
    named = f"the proxy {shown}" if shown else "the proxy"
    text = " ".join(str(one) for one in chain)
    refused = found[1] if (found := re.search(r"Tunnel connection failed: (\d{3})", text)) else ""
    if refused == "407":
        return Cause(f"{named} wants a user and a password (407)", PROXY)
    if refused:
        return Cause(f"{named} refuses the connection ({refused})", PROXY)
    if any(isinstance(one, NameResolutionError) for one in chain):
        return Cause(f"the name of {named} is not known (DNS)", PROXY)
    return Cause(f"{named} could not be reached", PROXY)


def _of_certificate(chain: list[BaseException]) -> Cause:
    text = " ".join(str(one) for one in chain)
    reason = re.search(r"certificate verify failed: ([^(\n]{1,200})", text)
    if reason is not None:
        said = reason[1].strip(" .'\"")
        return Cause(f"the TLS connection could not be verified: {said}", CERTIFICATE)
    if "WRONG_VERSION_NUMBER" in text or "HTTP_REQUEST" in text:
        return Cause("the server does not speak TLS on that port", "Is it meant to be http:// and not https://?")
    return Cause("the TLS connection could not be verified", CERTIFICATE)


def of_status(answer: Response, *, sent: bool, may_send: bool, moved: bool) -> Cause:
    """Why a server refuses. ``sent``: credentials went with the request; ``may_send``: they could have; ``moved``: the
    server is another than the one that was asked first."""
    status = answer.status_code
    reason = re.sub(r"[^ -~]", "", answer.reason or "")[:80]
    if status == 401 and sent:
        return Cause("the server refuses the user and the password that are configured for it (401)", LOGIN)
    if status in (401, 403) and moved and not sent:
        here = redact(answer.url).split("?")[0]
        what = f"the request was sent on to {here}, which refuses it ({status}); credentials are not sent along"
        return Cause(what, "Configure the index by the URL that answers in the end.")
    if status == 401 and not may_send:
        what = "the server wants a user and a password (401), and no index that is configured names this URL"
        return Cause(what, "Download the file in a safe place and pass it to `assay scan`.")
    if status == 401:
        return Cause("the server wants a user and a password (401), and none is configured for it", LOGIN)
    if status == 403:
        what = "the user that is configured may not have it" if sent else "no credentials are configured for it"
        return Cause(f"the server refuses access (403 {reason}); {what}", LOGIN)
    if status == 407:
        return Cause("the proxy wants a user and a password (407)", PROXY)
    return Cause(f"the server answered {status} {reason}".strip())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what lies in it: causes, contexts, and the errors that libraries keep as their arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting and len(seen) < 50:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), getattr(one, "original_error", None)]
        waiting += [each for each in one.args if isinstance(each, BaseException)]


def _said(error: OSError | None) -> str:
    return f": {error.strerror}" if error is not None and error.strerror else ""
