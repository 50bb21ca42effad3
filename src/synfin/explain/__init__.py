"""From facts to words, in English and Chinese; narrates and never computes."""
