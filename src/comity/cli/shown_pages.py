"""Every page worth a look: whose it is, and the question that it answers. Pictures and browser tests read this list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

ADA, VERA, OLGA = "ada@northwind.example", "vera@northwind.example", "olga@northwind.example"
ANN, BO, NORA = "ann@fabrikam.example", "bo@fabrikam.example", "nora@firstday.example"
NOBODY: Final = ""
"""Shown to whoever is not signed in."""


@dataclass(frozen=True)
class Page:
    """One page: a short name, the name of its address with the places in it, who looks, and what they ask."""

    name: str
    address: str
    who: str
    question: str
    places: tuple[str, ...] = ()
    query: str = ""


def _of_program(who: str, *lines: tuple[str, str]) -> tuple[Page, ...]:
    return tuple(
        Page(name.replace("_", "-"), f"workspace:{name}", who, question, ("program",)) for name, question in lines
    )


PAGES: Final = (
    Page("sign-in", "account_login", NOBODY, "How do I get in?"),
    Page("sign-in-by-mail", "account_request_login_code", NOBODY, "I have no password. How do I get in?"),
    Page("password-reset", "account_reset_password", NOBODY, "I forgot my password. What now?"),
    *_of_program(ADA, ("home", "What needs me today, and why?")),
    Page("home-all", "workspace:home", VERA, "What needs the programme today?", ("program",), "show=all"),
    Page("search", "workspace:search", ADA, "Where is what I think of?", ("program",), "q=haldn"),
    *_of_program(ADA, ("partners", "Which partners are mine, and how do they do?")),
    Page("partners-found", "workspace:partners", ADA, "Where is that partner?", ("program",), "q=hal"),
    Page("partners-by-health", "workspace:partners", ADA, "Who needs me?", ("program",), "sort=health&status=active"),
    Page("partner", "workspace:partner", ADA, "Who is this, and what do they bring?", ("program", "partner")),
    Page("partner-deals", "workspace:partner_deals", ADA, "What are we working on together?", ("program", "partner")),
    Page("partner-people", "workspace:partner_people", ADA, "Whom do I call there?", ("program", "partner")),
    Page("partner-history", "workspace:partner_history", ADA, "Who changed what, from what?", ("program", "partner")),
    Page("partner-timeline", "workspace:partner_timeline", ADA, "What was said, and what comes next?",
         ("program", "partner")),
    Page("partner-messages", "workspace:partner_messages", ADA, "What did we write each other?",
         ("program", "partner")),
    Page("partner-files", "workspace:partner_files", ADA, "Where is the plan we made?", ("program", "partner")),
    Page("partner-entry", "workspace:partner_entry", ADA, "What did I note wrongly?", ("program", "partner", "entry")),
    Page("partner-task", "workspace:partner_task", ADA, "Who does it, by when?", ("program", "partner", "task")),
    Page("partner-field", "workspace:partner_field", ADA, "Which tier from now on?", ("program", "partner", "field")),
    Page("partner-edit", "workspace:partner_edit", ADA, "What do we have on record?", ("program", "partner")),
    *_of_program(ADA, ("partner_new", "How do I add a partner?"), ("deals", "What is open, and what closed?")),
    Page("deals-board", "workspace:deals_board", ADA, "What stands where, and what is it worth?", ("program",)),
    Page("deals-open", "workspace:deals", ADA, "What is still open?", ("program",), "status=open"),
    Page("deal", "workspace:deal", ADA, "How did this deal go, and who had which part?", ("program", "deal")),
    Page("deal-attribution", "workspace:deal_attribution", ADA, "Whose deal is it, and why?", ("program", "deal")),
    Page("deal-touch-new", "workspace:deal_touch_new", ADA, "What did they do for it?", ("program", "deal")),
    *_of_program(ADA, ("touches", "What did partners do that I should confirm?"),
                 ("touch_files", "How do I bring in what they did?")),
    Page("touch-file", "workspace:touch_file", ADA, "Is the list good?", ("program", "touch_file")),
    Page("deal-edit", "workspace:deal_edit", ADA, "What is wrong on this deal?", ("program", "deal")),
    Page("deal-partners", "workspace:deal_partners", ADA, "Who did what on it?", ("program", "deal")),
    Page("deal-lines", "workspace:deal_lines", ADA, "What was sold?", ("program", "deal")),
    *_of_program(ADA, ("deal_new", "How do I record a deal?"), ("customers", "Whom do we sell to?")),
    Page("customer-new", "workspace:customer_new", ADA, "How do I add a customer?", ("program",)),
    Page("customer-edit", "workspace:customer_edit", ADA, "What is wrong here?", ("program", "customer")),
    Page("customer", "workspace:customer", ADA, "What did this customer buy, and with whom?", ("program", "customer")),
    *_of_program(ADA, ("notices", "What happened since yesterday?")),
    *_of_program(
        ADA, ("registrations", "Whose deal is this?"), ("conflicts", "Are we in their way?"),
        ("rules_of_engagement", "By which rules do we decide?"),
    ),
    Page("registrations-all", "workspace:registrations", ADA, "What became of them?", ("program",), "show=all"),
    *_of_program(ADA, ("stand_ins", "Who decides while I am away?")),
    *_of_program(ADA, ("same_customer", "Do these two mean one customer?")),
    Page("registration", "workspace:registration", ADA, "Who was first, by which rule?", ("program", "registration")),
    Page("rules-then", "workspace:rules_of_engagement_version", ADA, "What held then?", ("program", "rules_version")),
    *_of_program(ADA, ("received_messages", "What came by e-mail, and what became of it?")),
    *_of_program(OLGA, ("mailbox", "How do partners register by e-mail?")),
    Page("registration-lists", "workspace:registration_lists", OLGA, "How do I bring theirs in?", ("program",)),
    Page("legacy-batches", "workspace:legacy_batches", OLGA, "How do the old ones come in?", ("program",)),
    Page("rules-of-engagement-new", "workspace:rules_of_engagement_new", OLGA, "What if?", ("program",)),
    Page("rules-trial", "workspace:rules_trial", OLGA, "What would it change?", ("program", "rules_trial")),
    *_of_program(
        ADA, ("leads", "Which leads wait, and for how long?"), ("lead_new", "How do I take a lead in?"),
        ("lead_figures", "What becomes of leads?"), ("lead_rules", "Where do leads go?"),
        ("lead_files", "How do I bring a list in?"),
    ),
    *_of_program(
        ADA, ("rooms", "Where do we sell together, and what is late?"), ("room_checklist", "What do we ask of a deal?")
    ),
    Page("room", "workspace:room", ADA, "What is next until the signature?", ("program", "room")),
    Page("room-step", "workspace:room_step", ADA, "Who does it, and by when?", ("program", "room", "room_step")),
    Page("lead", "workspace:lead", ADA, "Who should get this?", ("program", "lead")),
    Page("lead-routed", "workspace:lead", ADA, "Why did it go there?", ("program", "routed_lead")),
    Page("lead-rules-then", "workspace:lead_rules_version", ADA, "What held then?", ("program", "routing")),
    Page("lead-rules-tried", "workspace:lead_rules", ADA, "Whereto?", ("program",), "country=DE&source=event"),
    Page("lead-rules-new", "workspace:lead_rules_new", OLGA, "How do I send leads elsewhere?", ("program",)),
    *_of_program(VERA, ("metrics", "What do partnerships bring?")),
    *_of_program(VERA, ("attribution", "Who brings how much, by which model?"), ("market", "Why do we lose?")),
    *_of_program(OLGA, ("attribution_runs", "Is the credit up to date?")),
    Page("attribution-run", "workspace:attribution_run", OLGA, "What did it change?", ("program", "credit_run")),
    Page("metric", "workspace:metric", VERA, "What is this number made of?", ("program", "metric")),
    Page("metric-by-partner", "workspace:metric", VERA, "Who brings it?", ("program", "metric"), "by=partner"),
    Page("metric-registrations", "workspace:metric", VERA, "How fast are we?", ("program", "registration_volume")),
    Page("metric-leads", "workspace:metric", VERA, "How fast are they?", ("program", "lead_response"), "by=partner"),
    Page("metric-pareto", "workspace:metric", VERA, "On how few do we depend?", ("program", "concentration")),
    Page("cohorts", "workspace:cohorts", VERA, "How soon do new partners sell?", ("program",)),
    Page("metric-pipeline", "workspace:metric", VERA, "What is in the pipeline?", ("program", "pipeline")),
    *_of_program(VERA, ("team", "Who carries how much?"), ("team_coverage", "Where is nobody?")),
    *_of_program(OLGA, ("team_groups", "Which team covers what?")),
    Page("team-group", "workspace:team_group", OLGA, "What does this team cover?", ("program", "team")),
    Page("team-group-new", "workspace:team_group_new", OLGA, "How do I add a team?", ("program",)),
    Page("manager-new", "workspace:team_manager_new", OLGA, "How do I add a manager?", ("program",)),
    Page("hand-over", "workspace:team_hand_over", OLGA, "Who takes over from whom?", ("program", "manager")),
    Page("manager", "workspace:team_manager", OLGA, "What does this manager cover?", ("program", "manager")),
    *_of_program(
        OLGA,
        ("segments", "Who would move, and why?"), ("segments_policy", "How do we cut?"),
        ("program_settings", "How is our programme set up?"), ("program_tiers", "Which tiers are there?"),
        ("look", "How do we look to partners?"),
        ("program_regions", "Which regions are there?"), ("program_quotas", "Who is to bring how much?"),
        ("program_stages", "Through which stages does a deal go?"), ("products", "What do we sell?"),
        ("product_families", "How do we group it?"), ("attribution_settings", "How do we share a deal out?"),
        ("attribution_settings_new", "How do I share deals out otherwise?"),
        ("rates", "At which rates do we count?"), ("people", "Who may come in?"), ("people_roles", "Who may do what?"),
        ("people_invite", "How do I let somebody in?"), ("tokens", "Which programs read us?"),
        ("audit", "Who did that?"), ("deliveries", "Is anything stuck?"), ("imports", "What came in, and when?"),
        ("import_new", "How do I bring our data in?"),
    ),
    Page("attribution-settings-then", "workspace:attribution_settings_version", OLGA, "What held then?",
         ("program", "settings_version")),
    Page("stage", "workspace:program_stage", OLGA, "What does this stage mean?", ("program", "stage")),
    Page("product-new", "workspace:product_new", OLGA, "How do I add a product?", ("program",)),
    Page("product", "workspace:product_edit", OLGA, "What is on record of this product?", ("program", "product")),
    Page("import", "workspace:import_run", OLGA, "What became of my file?", ("program", "import")),
    Page("segments-run", "workspace:segments_run", OLGA, "What did we decide then?", ("program", "run")),
    Page("portal-home", "portal:home", BO, "How are we doing, and what waits for us?", ("partnership",)),
    Page("portal-deals", "portal:deals", BO, "What became of our deals?", ("partnership",)),
    Page("portal-deal", "portal:deal", BO, "Where does this deal stand?", ("partnership", "shared_deal")),
    Page("portal-registrations", "portal:registrations", BO, "What is ours, and how long?", ("partnership",)),
    Page("portal-registration", "portal:registration", BO, "Why is it so?", ("partnership", "own_registration")),
    Page("portal-registration-new", "portal:registration_new", BO, "How do I claim a deal?", ("partnership",)),
    Page("portal-registration-edit", "portal:registration_edit", BO, "What is missing?", ("partnership", "own_draft")),
    Page("portal-registration-lists", "portal:registration_lists", BO, "How do I claim many?", ("partnership",)),
    Page("portal-leads", "portal:leads", BO, "Which leads are ours?", ("partnership",)),
    Page("portal-rooms", "portal:our_rooms", BO, "Which deals do we work on together?", ("partnership",)),
    Page("portal-room", "portal:our_room", BO, "What is ours to do?", ("partnership", "room_member")),
    Page("portal-room-asked", "portal:our_room", BO, "Do we join?", ("partnership", "asked_member")),
    Page("portal-lead", "portal:lead", BO, "Do we take it?", ("partnership", "offer")),
    Page("portal-lead-working", "portal:lead", BO, "Whom do we call?", ("partnership", "own_lead")),
    Page("portal-lead-wishes", "portal:lead_wishes", BO, "Which leads do we want?", ("partnership",)),
    Page("portal-referrals", "portal:referrals", BO, "What became of whom we sent?", ("partnership",)),
    Page("portal-referral-new", "portal:referral_new", BO, "How do I refer somebody?", ("partnership",)),
    Page("refer", "refer", NOBODY, "Who will call me?", ("secret",)),
    Page("portal-rules", "portal:registration_rules", BO, "By which rules do they decide?", ("partnership",)),
    Page("portal-credit", "portal:credit", BO, "What is our part, and why?", ("partnership",)),
    Page("portal-performance", "portal:performance", BO, "Do we grow?", ("partnership",)),
    Page("portal-messages", "portal:messages", BO, "Whom do I ask?", ("partnership",)),
    Page("portal-shared", "portal:shared", BO, "What did we agree on?", ("partnership",)),
    Page("portal-notices", "portal:notices", BO, "What do they tell us?", ("partnership",)),
    Page("portal-company", "portal:company", ANN, "What do they know of us? Who may come in?", ("partnership",)),
    Page("portal-tokens", "portal:tokens", ANN, "How does our system get in?", ("partnership",)),
    Page("portal-places", "portal_list", BO, "With whom do we work?"),
    Page("program-new", "program_new", NORA, "How do I start another programme?"),
    Page("places", "places", ANN, "Where do I work?"),
    Page("profile", "profile", ADA, "Who am I here?"),
    Page("notice-settings", "notice_settings", ADA, "What do I hear of, and how?"),
    Page("two-step", "mfa_index", ADA, "How do I protect my account?"),
    Page("sessions", "usersessions_list", ADA, "Where am I signed in?"),
    Page("styleguide", "styleguide", ADA, "What do our pages consist of?"),
)  # fmt: skip

EMPTY: Final = tuple(
    Page(f"empty-{name}", f"workspace:{address}", NORA, question, ("program",))
    for name, address, question in (
        ("home", "home", "Where do I start?"),
        ("partners", "partners", "How do I get my first partner?"),
        ("deals", "deals", "Where are our deals?"),
        ("board", "deals_board", "Where are the stages?"),
        ("customers", "customers", "Where are our customers?"),
        ("registrations", "registrations", "Where do registrations come from?"),
        ("leads", "leads", "Where do leads come from?"),
        ("metrics", "metrics", "What will I see here?"),
        ("team", "team", "How do I add my team?"),
        ("segments", "segments", "What are segments for?"),
        ("imports", "imports", "How do I bring our data in?"),
        ("notices", "notices", "What will stand here?"),
        ("audit", "audit", "Has anything happened?"),
    )
)  # fmt: skip

NOTHING_FOUND: Final = (
    Page("no-partners-found", "workspace:partners", ADA, "Nothing found: what now?", ("program",), "q=zzzz"),
    Page("no-deals-on-board", "workspace:deals_board", ADA, "Nothing found: what now?", ("program",), "q=zzzz"),
    Page("no-deals-found", "workspace:deals", ADA, "Nothing found: what now?", ("program",), "q=zzzz"),
)


def addresses(pages: tuple[Page, ...], places: Mapping[str, str]) -> Iterator[tuple[Page, str]]:
    """Each page that exists with its path; needs Django."""
    from django.urls import NoReverseMatch, reverse

    for page in pages:
        try:
            path = reverse(page.address, args=[places[place] for place in page.places])
        except (NoReverseMatch, KeyError):
            continue
        yield page, f"{path}?{page.query}" if page.query else path
