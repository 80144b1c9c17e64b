"""Awards digital badges for Open edX events and keeps Credly, Accredible and BadgeKit in step."""
