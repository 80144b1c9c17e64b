"""The pages of networks on which people share a link of ours. Nothing is asked of these: a browser goes there."""

from urllib.parse import quote, urlencode

NETWORKS = {"x": "X", "facebook": "Facebook", "linkedin": "LinkedIn"}
"""Where people share with a button: each is one of `visiting.SOURCES`, with its name for people."""


def on_network(network: str, url: str, text: str) -> str:
    """The page of one of `NETWORKS` on which somebody shares the address; only X takes a text, too.

    Sources: https://docs.x.com/x-for-websites/post-button/guides/web-intent,
    https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/plugins/share-plugin
    """
    page, query = {
        "x": ("https://x.com/intent/post", {"text": text, "url": url}),
        "facebook": ("https://www.facebook.com/sharer/sharer.php", {"u": url}),
        "linkedin": ("https://www.linkedin.com/sharing/share-offsite/", {"url": url}),
    }[network]
    return f"{page}?{urlencode(query, quote_via=quote)}"
