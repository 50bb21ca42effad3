"""What is said of a visit as a whole, in Chinese."""

# ruff: noqa: E501 - one text a line, so that both languages can be laid side by side

TEXTS: dict[str, str] = {
    "visit.title": "依次发生的事",
    "visit.arp": "ARP 向链路上所有主机询问谁拥有下一跳的地址，得到它的硬件地址（{frames}）。没有硬件地址，帧就不知道发给谁。",
    "visit.arp.silent": "ARP 向链路上所有主机询问谁拥有下一跳的地址，没有人回答（{frames}）。",
    "visit.neighbor": "邻居发现在链路上询问谁拥有下一跳的地址，作用与 IPv4 的 ARP 相同，得到它的硬件地址（{frames}）。",
    "visit.neighbor.silent": "邻居发现在链路上询问谁拥有下一跳的地址，没有人回答（{frames}）。",
    "visit.dns": "DNS：向解析器询问 {host} 的地址，得到应答（{frames}）。",
    "visit.dns.silent": "DNS：向解析器询问 {host} 的地址，没有看到应答（{frames}）。",
    "visit.ping": "Ping：一个回显请求和它的应答，说明 {host} 在线（{frames}）。",
    "visit.ping.silent": "Ping：一个回显请求，没有应答（{frames}）。许多主机和防火墙都不回答，这并不说明 TCP 的情况。",
    "visit.handshake": "TCP：握手打开连接（{frames}）。",
    "visit.handshake.silent": "TCP：客户端请求连接，服务器没有同意（{frames}）。",
    "visit.http": "HTTP：请求和对它的响应（{frames}）。",
    "visit.http.silent": "HTTP：请求，没有看到对它的响应（{frames}）。",
    "visit.fin": "TCP：FIN 关闭连接（{frames}）。",
    "visit.reset": "TCP：RST 立即结束连接（{frames}）。",
}
"""Text by key; what stands in braces is put in."""
