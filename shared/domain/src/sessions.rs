//! What a refresh token that is presented means: RFC 9700, section 4.14.2 (rotation), with a grace
//! for the caller whose answer was lost.

use chrono::{DateTime, TimeDelta, Utc};

/// How long a spent token still gives the successor it was spent for.
pub const GRACE: TimeDelta = TimeDelta::seconds(10);

/// What is known of a token that is presented.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Presented {
    /// Now, by the clock that wrote the other times.
    pub now: DateTime<Utc>,
    /// When the token ends.
    pub expires_at: DateTime<Utc>,
    /// When it was spent.
    pub used_at: Option<DateTime<Utc>>,
    /// Whether the successor it was spent for has been spent as well.
    pub successor_used: bool,
    /// Session, user and customer are as they must be.
    pub may_continue: bool,
}

/// What to do with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Spend it for a successor.
    Rotate,
    /// Give the successor once more: the answer was lost, or two requests raced.
    Repeat,
    /// Two hold it, and one of them stole it: end the session.
    Reused,
    /// It is of no use any more.
    Refused,
}

/// Decides.
pub fn decide(token: &Presented) -> Decision {
    if !token.may_continue || token.expires_at <= token.now {
        return Decision::Refused;
    }
    match token.used_at {
        None => Decision::Rotate,
        Some(at) if token.now - at <= GRACE && !token.successor_used => Decision::Repeat,
        Some(_) => Decision::Reused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presented() -> Presented {
        let now = Utc::now();
        Presented {
            now,
            expires_at: now + TimeDelta::days(1),
            used_at: None,
            successor_used: false,
            may_continue: true,
        }
    }

    #[test]
    fn a_token_is_spent_once_and_its_theft_is_noticed() {
        let fresh = presented();
        let spent = |seconds| Presented {
            used_at: Some(fresh.now - TimeDelta::seconds(seconds)),
            ..fresh
        };
        assert_eq!(decide(&fresh), Decision::Rotate);
        assert_eq!(decide(&spent(0)), Decision::Repeat);
        assert_eq!(decide(&spent(10)), Decision::Repeat);
        assert_eq!(decide(&spent(11)), Decision::Reused);
        // Whoever has spent the successor had its answer.
        let successor_used = true;
        assert_eq!(
            decide(&Presented {
                successor_used,
                ..spent(1)
            }),
            Decision::Reused
        );
    }

    #[test]
    fn what_has_ended_stays_ended() {
        let fresh = presented();
        let expired = Presented {
            expires_at: fresh.now,
            ..fresh
        };
        assert_eq!(decide(&expired), Decision::Refused);
        for used_at in [None, Some(fresh.now), Some(fresh.now - TimeDelta::days(1))] {
            let ended = Presented {
                may_continue: false,
                used_at,
                ..fresh
            };
            assert_eq!(decide(&ended), Decision::Refused);
        }
    }
}
