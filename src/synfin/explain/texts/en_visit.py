"""What is said of a visit as a whole, in English."""

# ruff: noqa: E501 - one text a line, so that both languages can be laid side by side

TEXTS: dict[str, str] = {
    "visit.title": "In order",
    "visit.arp": "ARP asks everybody on the link who has the address of the next hop, and gets its hardware address ({frames}). Without it no frame can be addressed.",
    "visit.arp.silent": "ARP asks everybody on the link who has the address of the next hop; nobody answers ({frames}).",
    "visit.neighbor": "Neighbor Discovery asks the link who has the address of the next hop, as ARP does for IPv4, and gets its hardware address ({frames}).",
    "visit.neighbor.silent": "Neighbor Discovery asks the link who has the address of the next hop; nobody answers ({frames}).",
    "visit.dns": "DNS: the resolver is asked for the addresses of {host}, and answers ({frames}).",
    "visit.dns.silent": "DNS: the resolver is asked for the addresses of {host}; no answer was seen ({frames}).",
    "visit.ping": "Ping: an echo request, and its reply: {host} is there ({frames}).",
    "visit.ping.silent": "Ping: an echo request without a reply ({frames}). Many hosts and firewalls do not answer any; that says nothing about TCP.",
    "visit.handshake": "TCP: the handshake opens the connection ({frames}).",
    "visit.handshake.silent": "TCP: the client asks for a connection, and the server does not agree to it ({frames}).",
    "visit.http": "HTTP: the request, and the response to it ({frames}).",
    "visit.http.silent": "HTTP: the request; no response to it was seen ({frames}).",
    "visit.fin": "TCP: FIN closes the connection ({frames}).",
    "visit.reset": "TCP: RST ends the connection at once ({frames}).",
}
"""Text by key; what stands in braces is put in."""
