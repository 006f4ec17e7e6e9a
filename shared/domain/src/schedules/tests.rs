use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn spec(expression: &str, zone: Option<&str>) -> ScheduleSpec {
    ScheduleSpec::parse(expression, zone).unwrap()
}

/// The first runs after a time.
fn runs(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let spec = spec(expression, Some(zone));
    let mut last = at(after);
    let mut found = Vec::new();
    while let (true, Some(next)) = (found.len() < count, spec.first(last)) {
        found.push(next.format("%Y-%m-%dT%H:%M").to_string());
        last = next;
    }
    found
}

#[test]
fn a_rate_keeps_its_interval_after_missed_runs() {
    let spec = spec("rate(6 hours)", None);
    let planned = at("2026-11-01T00:00:00Z");
    assert_eq!(spec.first(planned), Some(at("2026-11-01T06:00:00Z")));
    for (now, next) in [
        ("2026-11-01T00:00:40Z", "2026-11-01T06:00:00Z"),
        ("2026-11-01T05:59:59Z", "2026-11-01T06:00:00Z"),
        ("2026-11-01T06:00:00Z", "2026-11-01T12:00:00Z"),
        // Missed runs are not made up for.
        ("2026-11-03T01:00:00Z", "2026-11-03T06:00:00Z"),
    ] {
        assert_eq!(spec.next(planned, at(now)), Some(at(next)), "{now}");
    }
}

#[test]
fn fields_are_read_as_eventbridge_does() {
    for (expression, expected) in [
        (
            "cron(0 8 ? * MON-FRI *)",
            &["2026-11-20T08:00", "2026-11-23T08:00", "2026-11-24T08:00"][..],
        ),
        (
            "cron(*/15 9-10 * * ? *)",
            &["2026-11-20T09:00", "2026-11-20T09:15", "2026-11-20T09:30"],
        ),
        (
            "cron(10/20 0 1 JAN,jul ? *)",
            &["2027-01-01T00:10", "2027-01-01T00:30", "2027-01-01T00:50"],
        ),
        (
            "cron(0 0 L * ? *)",
            &["2026-11-30T00:00", "2026-12-31T00:00", "2027-01-31T00:00"],
        ),
        (
            "cron(0 0 ? * 6L *)",
            &["2026-11-27T00:00", "2026-12-25T00:00", "2027-01-29T00:00"],
        ),
        (
            "cron(0 0 ? * TUE#2 *)",
            &["2026-12-08T00:00", "2027-01-12T00:00", "2027-02-09T00:00"],
        ),
        (
            "cron(0 12 29 2 ? *)",
            &["2028-02-29T12:00", "2032-02-29T12:00", "2036-02-29T12:00"],
        ),
        (
            "cron(0 12 24 12 ? 2026,2030)",
            &["2026-12-24T12:00", "2030-12-24T12:00"],
        ),
        ("cron(0 12 30 2 ? *)", &[]),
        ("cron(0 12 1 1 ? 2020)", &[]),
        (
            "cron(0 0 LW * ? *)",
            // 31 January 2027 is a Sunday.
            &["2026-11-30T00:00", "2026-12-31T00:00", "2027-01-29T00:00"],
        ),
        (
            "cron(0 0 28W * ? *)",
            // 28 November is a Saturday, 28 December a Monday.
            &["2026-11-27T00:00", "2026-12-28T00:00", "2027-01-28T00:00"],
        ),
        (
            "cron(0 0 1W 5,8 ? 2027)",
            // 1 May 2027 is a Saturday, 1 August a Sunday.
            &["2027-05-03T00:00", "2027-08-02T00:00"],
        ),
        (
            "cron(0 0 31W 1,2,10 ? 2027)",
            // 31 January and 31 October are Sundays; the run stays in its month.
            &["2027-01-29T00:00", "2027-10-29T00:00"],
        ),
        (
            "cron(0 0 ? * L *)",
            &["2026-11-21T00:00", "2026-11-28T00:00", "2026-12-05T00:00"],
        ),
        (
            "cron(0 0 ? 2 SUN#5 *)",
            &["2032-02-29T00:00", "2060-02-29T00:00", "2088-02-29T00:00"],
        ),
        ("cron(0 0 ? 1 5#5 2199)", &["2199-01-31T00:00"]),
        (
            "cron(0 12 29 2 ? 2096,2097,2098,2099,2100,2101,2102,2103,2104)",
            &["2096-02-29T12:00", "2104-02-29T12:00"],
        ),
    ] {
        let found = runs(expression, "UTC", "2026-11-20T00:00:00Z", 3);
        assert_eq!(found, expected, "{expression}");
    }
}

#[test]
fn a_schedule_that_never_runs_explains_why() {
    for (expression, why) in [
        ("cron(0 12 30 2 ? *)", "no day 30"),
        ("cron(0 12 31 2,4,6 ? *)", "no day 31"),
        ("cron(0 12 30W 2 ? *)", "no day 30"),
        ("cron(0 12 29 2 ? 2027)", "no day 29"),
        ("cron(0 12 ? 2 MON#5 2027)", "no MON#5"),
        ("cron(0 12 1 1 ? 2020)", "its last year, 2020, is over"),
    ] {
        let spec = spec(expression, None);
        let after = at("2026-11-20T00:00:00Z");
        assert_eq!(spec.first(after), None, "{expression}");
        let told = spec.why_never(after);
        assert!(told.contains(why), "{expression}: {told}");
    }
}

#[test]
fn an_unsupported_expression_says_what_to_write() {
    for (expression, advice) in [
        ("cron(0 8 1W,15W * ? *)", "15W"),
        ("cron(0 8 W * ? *)", "15W"),
        ("cron(0 8 L-3 * ? *)", "LW"),
        ("cron(0 8 1,L * ? *)", "stands alone"),
        ("cron(0 8 ? * W *)", "MON-FRI"),
        ("cron(0 8 ? * FRI-MON *)", "6-7,1-2"),
        ("cron(0 22-4 * * ? *)", "22-23,0-4"),
    ] {
        let told = ScheduleSpec::parse(expression, None).unwrap_err().detail;
        assert!(told.contains(advice), "{expression}: {told}");
    }
}

#[test]
fn runs_follow_daylight_saving_time() {
    // Berlin: 02:00 becomes 03:00 on 28 March 2027, 03:00 becomes 02:00 on 31 October 2027.
    let berlin = |expression, after| runs(expression, "Europe/Berlin", after, 2);
    assert_eq!(
        berlin("cron(30 8 * * ? *)", "2027-03-27T12:00:00Z"),
        ["2027-03-28T06:30", "2027-03-29T06:30"]
    );
    assert_eq!(
        berlin("cron(30 2 * * ? *)", "2027-03-27T12:00:00Z"),
        ["2027-03-29T00:30", "2027-03-30T00:30"]
    );
    assert_eq!(
        berlin("cron(30 2 * * ? *)", "2027-10-30T12:00:00Z"),
        ["2027-10-31T00:30", "2027-11-01T01:30"]
    );
}

#[test]
fn invalid_expressions_and_zones_have_a_pointer() {
    for expression in [
        "",
        "hourly",
        "rate()",
        "rate(4 minutes)",
        "rate(-5 minutes)",
        "rate(0 days)",
        "rate(367 days)",
        "rate(99999999999 days)",
        "rate(5 weeks)",
        "rate(5 minutes",
        "rate(1 2 hours)",
        "cron(0 8 * * *)",
        "cron(0 8 * * ? * *)",
        "cron(* * * * ? *)",
        "cron(0,4 * * * ? *)",
        "cron(0,58 * * * ? *)",
        "cron(60 8 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 8 32 * ? *)",
        "cron(0 8 0 * ? *)",
        "cron(0 8 * 13 ? *)",
        "cron(0 8 ? * 8 *)",
        "cron(0 8 ? * MON#6 *)",
        "cron(0 8 32W * ? *)",
        "cron(0 8 * * * *)",
        "cron(0 8 ? * ? *)",
        "cron(0 8-6 * * ? *)",
        "cron(0/0 8 * * ? *)",
        "cron(+5 8 * * ? *)",
        "cron(0, 8 * * ? *)",
        "cron(0 8 * * ? 1969)",
    ] {
        let error = ScheduleSpec::parse(expression, None).unwrap_err();
        assert_eq!(error.pointer, "/schedule", "{expression}");
        assert!(!error.detail.is_empty());
    }
    let long = format!("cron({} 8 * * ? *)", "0,".repeat(200));
    assert!(ScheduleSpec::parse(&long, None).is_err());
    for zone in ["", "Berlin", "Mars/Olympus"] {
        let error = ScheduleSpec::parse("rate(1 day)", Some(zone)).unwrap_err();
        assert_eq!(error.pointer, "/timeZone", "{zone}");
    }
}
