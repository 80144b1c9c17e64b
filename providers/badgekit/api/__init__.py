"""BadgeKit's REST API, at its own addresses, for clients that know it.

Source: https://github.com/mozilla/badgekit-api/tree/master/docs
"""
