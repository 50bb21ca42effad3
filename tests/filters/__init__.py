"""The display-filter language, on a protocol that exists nowhere else and on facts of Wireshark."""
