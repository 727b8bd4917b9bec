"""What a pickle may call when it is loaded: what runs programs or code, and what is known to make nothing but data."""

from __future__ import annotations

import re

_MODULES = """
    os posix nt subprocess sys runpy importlib pty socket shutil code codeop ctypes webbrowser pip marshal
    pickle _pickle dill cloudpickle shelve bdb pdb timeit trace cProfile profile doctest commands popen2
    requests urllib urllib2 urllib3 httpx aiohttp http ftplib smtplib telnetlib multiprocessing asyncio
    threading _thread site ensurepip venv distutils setuptools imp zipimport pkgutil pydoc linecache
    _posixsubprocess _winapi winreg msvcrt signal gc inspect concurrent xmlrpc idlelib lib2to3 turtledemo
    pexpect paramiko fabric plumbum sh invoke IPython jupyter_client tempfile fileinput
"""
"""Top modules of which no pickle of data needs anything."""
_BUILTINS = "exec eval compile __import__ open input breakpoint globals locals vars execfile apply delattr setattr file"
_NAMES = re.compile(
    r"types\.(?:FunctionType|CodeType|LambdaType)|operator\.methodcaller|functools\.reduce|io\.open(?:_code)?|_io\.\w+"
    r"|numpy\.(?:testing|f2py|distutils|load|fromfile|memmap|loadtxt|genfromtxt)\b.*|numpy\.lib\..*(?:load|open)\w*"
    r"|torch\.(?:hub|load|utils\.cpp_extension|jit\.(?:load|CompilationUnit)|_inductor|distributed)\b.*"
    r"|torch\.serialization\.load|pandas\.(?:eval|read_\w+|io)\b.*|joblib\.load|sympy\..*|logging\.config\..*"
    r"|uuid\._\w+|platform\.\w+|pathlib\.\w*Path\.\w+|_osx_support\..*|aifc\..*|test\.support\..*|__main__\.__\w+"
)
_EXCEPT = """
    os.stat_result os.terminal_size os.PathLike os.fspath sys.intern
    socket.AddressFamily socket.SocketKind signal.Signals signal.Handlers
    http.HTTPStatus http.cookies.SimpleCookie http.cookies.Morsel http.cookiejar.CookieJar http.cookiejar.Cookie
    urllib.parse.ParseResult urllib.parse.SplitResult urllib.parse.ParseResultBytes
    inspect.Signature inspect.Parameter inspect._ParameterKind inspect._empty inspect.Parameter.empty
    pickle.PickleBuffer _pickle.PickleBuffer requests.cookies.RequestsCookieJar requests.structures.CaseInsensitiveDict
"""
"""Of these modules, what makes nothing but data."""
_TYPES = """
    object set frozenset list dict tuple int float complex bytes bytearray str bool slice range type NoneType Ellipsis
    NotImplemented property long unicode xrange Exception BaseException
"""
_HARMLESS = re.compile(
    r"_?collections\.\w+|copyreg\.(?:_reconstructor|__newobj(?:_ex)?__)|_codecs\.encode|array\._?array\w*"
    r"|datetime\.\w+|decimal\.\w+|fractions\.Fraction|uuid\.(?:UUID|SafeUUID)|enum\.\w+|zoneinfo\.ZoneInfo(?:\._unpickle)?"
    r"|pathlib\.(?:Pure)?(?:Posix|Windows)?Path|re\._compile|random\.Random|time\.struct_time|pytz\._?\w+|ipaddress\.\w+"
    r"|numpy\.(?:core|_core)\.(?:multiarray|numeric)\._?(?:reconstruct|scalar|frombuffer)|numpy\.(?:ndarray|dtype|matrix)"
    r"|numpy\.(?:u?int|float|complex|bool|str|bytes|void|object)[\d_]*|numpy\.ma\.\w+\.\w+"
    r"|numpy\.random\._pickle\.\w+|numpy\.random\.\w+\.\w+|numpy\.(?:_core|core)\._internal\._\w+"
    r"|torch\._utils\._rebuild_\w+|torch\.(?:\w*Storage|Size|device|dtype|Tensor|float\d+|int\d+|bool|bfloat16)"
    r"|torch\.(?:storage\.\w+|nn\.parameter\.\w+|serialization\._get_layout|_tensor\._rebuild_\w+)"
    r"|pandas\.core\.(?:\w+\.)*[A-Z]\w*|pandas\.core\.(?:\w+\.)*_new_\w+|pandas\._libs\.(?:\w+\.)*\w+"
    r"|scipy\.sparse\.(?:\w+\.)*\w+|nltk\.\w+(?:\.\w+)*\.[A-Z]\w*|joblib\.numpy_pickle\.Num[pP]y\w+"
    r"|sklearn\.(?:\w+\.)*(?:_?[A-Z]\w*|\w*newObj|_unpickle\w*)"
)
_DANGEROUS = frozenset(_MODULES.split())
_DANGEROUS_BUILTINS = frozenset(_BUILTINS.split())
_ALLOWED = frozenset(_EXCEPT.split())
_PLAIN = frozenset(_TYPES.split())
_WAYS = frozenset({"builtins", "__builtins__", "__globals__", "__subclasses__", "__import__"})
"""Attributes through which everything can be had."""


def is_dangerous(dotted: str) -> bool:
    """Whether what a pickle names runs programs or code, opens files or connections, or leads to what does.

    A name may lead through a module that has imported another: ``torch.serialization.os.system``.
    """
    if dotted in _ALLOWED:
        return False
    first, *others = dotted.split(".")
    if first in _DANGEROUS:
        return True
    if first == "builtins":
        return bool(others) and not _DANGEROUS_BUILTINS.isdisjoint(others)
    if not (_DANGEROUS | _WAYS).isdisjoint(others):
        return not is_harmless(dotted)
    return _NAMES.fullmatch(dotted) is not None


def is_harmless(dotted: str) -> bool:
    """Whether what a pickle names is known to make nothing but data."""
    module, _, name = dotted.partition(".")
    if module == "builtins":
        return name in _PLAIN or name.endswith(("Error", "Warning"))
    return dotted in _ALLOWED or _HARMLESS.fullmatch(dotted) is not None
