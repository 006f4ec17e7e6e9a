//! The contract of each route, at its path: `<path>/<verb>.rs`. Generated with `UPDATE_DOCS=1`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops here"
)]

mod _well_known {
    mod oauth_authorization_server {
        mod get;
    }
    mod oauth_protected_resource {
        mod get;
    }
    mod openid_configuration {
        mod get;
    }
}
mod api {
    mod admin {
        mod customers {
            mod get;
            mod id {
                mod activate {
                    mod post;
                }
                mod delete;
                mod get;
                mod limits {
                    mod put;
                }
                mod suspend {
                    mod post;
                }
                mod usage {
                    mod get;
                }
            }
        }
        mod invitations {
            mod post;
        }
    }
    mod auth {
        mod change_password {
            mod post;
        }
        mod forgot_password {
            mod post;
        }
        mod login {
            mod post;
        }
        mod logout {
            mod post;
        }
        mod me {
            mod get;
        }
        mod refresh {
            mod post;
        }
        mod resend_verification {
            mod post;
        }
        mod reset_password {
            mod post;
        }
        mod signup {
            mod post;
        }
        mod verify_email {
            mod post;
        }
    }
    mod chat {
        mod feedback {
            mod get;
        }
        mod post;
        mod sessions {
            mod get;
            mod id {
                mod delete;
                mod get;
                mod messages {
                    mod number {
                        mod feedback {
                            mod put;
                        }
                    }
                }
                mod put;
            }
        }
        mod stream {
            mod post;
        }
    }
    mod collections {
        mod get;
        mod id {
            mod delete;
            mod get;
            mod put;
        }
        mod post;
    }
    mod customers {
        mod api_key {
            mod post;
        }
        mod audit {
            mod get;
        }
        mod chat_models {
            mod get;
        }
        mod chat_providers {
            mod get;
            mod name {
                mod delete;
                mod put;
            }
        }
        mod config {
            mod get;
            mod put;
        }
        mod delete;
        mod export {
            mod post;
        }
        mod openai_key {
            mod delete;
            mod put;
        }
        mod profile {
            mod get;
            mod put;
        }
        mod reranker {
            mod delete;
            mod get;
            mod put;
        }
        mod rotate_secrets {
            mod post;
        }
        mod usage {
            mod get;
        }
    }
    mod documents {
        mod bulk {
            mod post;
        }
        mod by_external_id {
            mod delete;
            mod get;
            mod put;
        }
        mod get;
        mod id {
            mod chunks {
                mod get;
            }
            mod content {
                mod get;
            }
            mod delete;
            mod diff {
                mod get;
            }
            mod events {
                mod get;
            }
            mod get;
            mod original {
                mod get;
            }
            mod put;
            mod retry {
                mod post;
            }
            mod status {
                mod get;
            }
            mod undelete {
                mod post;
            }
            mod versions {
                mod get;
                mod version {
                    mod restore {
                        mod post;
                    }
                }
            }
        }
        mod regenerate {
            mod post;
        }
    }
    mod ingest {
        mod batch {
            mod post;
        }
        mod document {
            mod post;
        }
        mod file {
            mod post;
        }
        mod presigned_url {
            mod post;
        }
        mod url {
            mod post;
        }
        mod webhook {
            mod post;
            mod webhook_id {
                mod post;
            }
        }
    }
    mod jobs {
        mod id {
            mod get;
        }
    }
    mod keys {
        mod get;
        mod id {
            mod delete;
        }
        mod post;
    }
    mod metrics {
        mod index_health {
            mod get;
        }
    }
    mod oauth {
        mod grants {
            mod get;
            mod id {
                mod delete;
            }
        }
    }
    mod openapi_json {
        mod get;
    }
    mod realtime {
        mod tickets {
            mod post;
        }
    }
    mod search {
        mod diff {
            mod post;
        }
        mod documents {
            mod post;
        }
    }
    mod users {
        mod accept {
            mod post;
        }
        mod get;
        mod id {
            mod delete;
            mod put;
        }
        mod post;
    }
    mod webhooks {
        mod get;
        mod id {
            mod delete;
            mod deliveries {
                mod delivery_id {
                    mod replay {
                        mod post;
                    }
                }
                mod get;
            }
            mod get;
            mod put;
            mod test {
                mod post;
            }
        }
        mod post;
    }
}
mod health {
    mod get;
}
mod mcp {
    mod get;
    mod post;
}
mod oauth {
    mod authorize {
        mod get;
        mod post;
    }
    mod keys {
        mod get;
    }
    mod register {
        mod post;
    }
    mod revoke {
        mod post;
    }
    mod token {
        mod post;
    }
}
mod search {
    mod post;
}
mod tools {
    mod get;
}
mod v1 {
    mod chat;
    mod embeddings;
    mod files;
    mod models;
    mod responses;
    mod uploads;
    mod vector_stores;
}
