"""Models and columns get names that can be translated."""

from django.db import migrations

from credentials_badges.badges.migrations._words import Called, Words

MODELS = {
    "accountmember": Called(
        "account member",
        "account members",
        "account role user",
    ),
    "accredibleapiconfig": Called("Accredible API config", "Accredible API configs"),
    "accrediblebadge": Called("Accredible badge", "Accredible badges"),
    "accrediblegroup": Called("Accredible group", "Accredible groups"),
    "auditentry": Called(
        "audit entry",
        "audit entries",
        "action actor actor_name at changes key label model via",
    ),
    "badge": Called(
        "badge",
        "badges",
        "account awarded_at because earned_at event expires_at external_as_of external_id external_state "
        "external_state_raw external_url=external_URL grant_reason granted_by learner ordinal revoke_reason "
        "revoked_at revoked_by status template uuid=UUID",
    ),
    "badgekitaccount": Called("BadgeKit account", "BadgeKit accounts"),
    "badgekitbadgetemplate": Called("BadgeKit badge template", "BadgeKit badge templates"),
    "badgekitissuedbadge": Called("BadgeKit badge", "BadgeKit badges"),
    "badgepenalty": Called(
        "badge penalty",
        "badge penalties",
        "description event_type requirements template",
    ),
    "badgeprogress": Called(
        "badge progress",
        "badge progress",
        "groups_done groups_needed learner template updated_at",
    ),
    "badgerequirement": Called(
        "badge requirement",
        "badge requirements",
        "after badge count description distinct event_type expires_days group key since streak template until "
        "within_days",
    ),
    "badgetemplate": Called(
        "badge template",
        "badge templates",
        "account award cost criteria description duration expires_days external_id image_url=image_URL is_active "
        "level limit name raw renew_days skills state synced_at url=URL uuid=UUID",
    ),
    "badgevisits": Called("badge visits", "badge visits"),
    "callcount": Called("call count", "call counts"),
    "callwindow": Called("call window", "call windows"),
    "credlybadge": Called("Credly badge", "Credly badges"),
    "credlybadgetemplate": Called("Credly badge template", "Credly badge templates"),
    "credlyorganization": Called("Credly organization", "Credly organizations"),
    "datarule": Called(
        "data rule",
        "data rules",
        "operator path requirement value",
    ),
    "externalstate": Called("external state", "external states"),
    "fulfillment": Called("fulfillment", "fulfillments"),
    "heartbeat": Called("heartbeat", "heartbeats"),
    "issuance": Called(
        "issuance",
        "issuances",
        "account action attempts badge claim claimed_at created_at delivered_at doubted_at failure key last_error "
        "not_before open_key reason receipt status unseen unsure",
    ),
    "learner": Called(
        "learner",
        "learners",
        "address date_joined email full_name identity_as_of is_active is_staff lms_user_id=LMS_user_id retired_at "
        "username uuid=UUID",
    ),
    "learningevent": Called(
        "learning event",
        "learning events",
        "error event_id learner occurred_at payload processed_at purged_at received_at source type",
    ),
    "mail": Called(
        "mail",
        "mails",
        "attempts created_at destination html=HTML last_error not_before sent_at status subject text to topic",
    ),
    "penaltydatarule": Called(
        "penalty data rule",
        "penalty data rules",
        "operator path penalty value",
    ),
    "provideraccount": Called(
        "provider account",
        "provider accounts",
        "api_key=API_key base_url=base_URL changes_as_of created_at external_id failures key_expires_at key_set_at "
        "key_warned_days name options paused_reason paused_until provider webhook_token",
    ),
    "recomputation": Called(
        "recomputation",
        "recomputations",
        "applies asked_by claim claimed_at created_at cursor done error finished_at report revokes templates total",
    ),
    "requirementgroup": Called(
        "requirement group",
        "requirement groups",
        "name needed template",
    ),
    "rulesversion": Called("rules version", "rules versions"),
    "syncrun": Called(
        "sync run",
        "sync runs",
        "account applies archived asked_by changed claim claimed_at created diff error failure finished_at forces "
        "seen started_at unchanged unreadable",
    ),
    "unreadableevent": Called(
        "unreadable event",
        "unreadable events",
        "body digest reason received_at source where",
    ),
    "webhookdelivery": Called(
        "webhook delivery",
        "webhook deliveries",
        "account attempts body claimed_account delivery_id kind not_before outcome provider received_at status",
    ),
}


class Migration(migrations.Migration):
    """Nothing of it is known to the database."""

    dependencies = [("badges", "0012_badge_states")]
    operations = [Words(MODELS)]
