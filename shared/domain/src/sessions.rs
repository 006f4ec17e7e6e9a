//! Rotation of refresh tokens: RFC 9700, section 4.14.2, with a grace period for a caller whose
//! response was lost.

use chrono::{DateTime, TimeDelta, Utc};

/// How long a used token still returns its successor.
pub const GRACE: TimeDelta = TimeDelta::seconds(10);

/// The state of a presented token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Presented {
    /// The present time, by the clock that wrote the other times.
    pub now: DateTime<Utc>,
    /// When the token expires.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
    /// Whether its successor has been used too.
    pub successor_used: bool,
    /// Whether session, user and customer are active.
    pub may_continue: bool,
}

/// What to do with a presented token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Issue a successor.
    Rotate,
    /// Return the same successor again: the response was lost, or two requests raced.
    Repeat,
    /// End the session: the token was used twice, so one holder stole it.
    Reused,
    /// Reject it: it is expired or revoked.
    Refused,
}

/// Decides what to do with a presented token.
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
    fn a_token_is_used_once_and_reuse_is_detected() {
        let fresh = presented();
        let spent = |seconds| Presented {
            used_at: Some(fresh.now - TimeDelta::seconds(seconds)),
            ..fresh
        };
        assert_eq!(decide(&fresh), Decision::Rotate);
        assert_eq!(decide(&spent(0)), Decision::Repeat);
        assert_eq!(decide(&spent(10)), Decision::Repeat);
        assert_eq!(decide(&spent(11)), Decision::Reused);
        // A caller that has used the successor received the response.
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
    fn an_expired_token_or_ended_session_is_refused() {
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
