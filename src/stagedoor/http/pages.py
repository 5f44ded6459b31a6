"""What all answers to a browser say."""

from stagedoor.http.envelope import Header

PRIVATE: tuple[Header, ...] = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
"""Nobody learns the address from where the browser goes next, finds it in a search, or holds on to its window."""
