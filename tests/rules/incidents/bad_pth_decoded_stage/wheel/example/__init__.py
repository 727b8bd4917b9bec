"""An inert look-alike of a package whose .pth file starts a decoded stage."""
