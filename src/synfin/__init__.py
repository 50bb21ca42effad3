"""synfin: see and understand TCP/IP, from SYN to FIN."""

__version__ = "0.1.0"
