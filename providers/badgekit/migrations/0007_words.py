"""Models and columns get names that can be translated."""

from django.db import migrations

from credentials_badges.badges.migrations._words import Called, Words

MODELS = {
    "alignment": Called("alignment", "alignments", "badge description name url"),
    "application": Called(
        "application", "applications", "assigned_expiration assigned_to badge created learner processed slug"
    ),
    "badge": Called(
        "badge",
        "badges",
        "archived consumer_description created criteria_url earner_description evidence_type image issuer issuer_url limit name program rubric_url slug strapline system time_units time_value type unique",
    ),
    "badgeinstance": Called(
        "badge instance", "badge instances", "badge claim_code email expires issued_on recipient_id slug"
    ),
    "batch": Called("batch", "batches", "badge label made_at made_by"),
    "category": Called("category", "categories", "badge value"),
    "claim": Called(
        "claim",
        "claims",
        "assigned_to badge code decided_at decided_by email instance learner made_at name source state",
    ),
    "claimcode": Called(
        "claim code",
        "claim codes",
        "asks_for badge batch bound_to cancelled_at claimed code deleted_at email ends_at evidence expires handed_out_at handed_out_to label limit made_at made_by multiuse needs_approval recipient_id starts_at status uses",
    ),
    "claimevidence": Called(
        "claim evidence", "claim evidence", "added_at claim file filename kind media_type size text url"
    ),
    "claimstep": Called("claim step", "claim steps", "at by claim state words"),
    "codevisits": Called("code visits", "code visits", "code"),
    "consumer": Called("consumer", "consumers", "api_key api_secret description system"),
    "criterion": Called("criterion", "criteria", "badge description note required"),
    "evidence": Called("evidence", "evidence", "application media_type reflection url"),
    "image": Called("image", "images", "mimetype slug url"),
    "issuer": Called("issuer", "issuers", "description email image name slug system url"),
    "member": Called("member", "members", "role system user"),
    "milestone": Called("milestone", "milestones", "action number_required primary_badge system"),
    "milestonebadge": Called("milestone badge", "milestone badges", "badge milestone"),
    "program": Called("program", "programs", "description email image issuer name slug url"),
    "review": Called("review", "reviews", "application author comment slug"),
    "reviewitem": Called("review item", "review items", "comment criterion review satisfied"),
    "system": Called("system", "systems", "banner description email image name slug url"),
    "tag": Called("tag", "tags", "badge value"),
    "webhook": Called("webhook", "webhooks", "secret system url"),
    "webhookcall": Called(
        "webhook call",
        "webhook calls",
        "action attempts body created_at destination last_error not_before sent_at status topic webhook",
    ),
}


class Migration(migrations.Migration):
    """Nothing of it is known to the database."""

    dependencies = [("badgekit", "0006_claiming")]
    operations = [Words(MODELS)]
