"""NAVER Cloud Platform's NCLUE from the DataFrame: event logs in, scores and profiles out.

Importing the package registers the accessor ``df.nclue``. Everything else is loaded when it is
first used; the stub beside this file lists the public names.
"""

import lazy_loader

from nclue_pandas import accessor
from nclue_pandas.signatures import no_attribute

__version__ = "0.1.0"
_attribute, _, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]


def __getattr__(name: str) -> object:
    try:
        return _attribute(name)
    except AttributeError:
        raise no_attribute(__name__, name, __all__) from None


def __dir__() -> list[str]:
    return list(__all__)


accessor.register()
