//! Lists of documents: every filter, every order, and pages that skip and repeat nothing.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, DocumentId, Kind,
    documents::{
        FailureCode, Format, Source, Status,
        filter::{Filter, Sort},
    },
    metadata::Metadata,
};
use dynrag_store::{Store, TenantId, document_list::Position};
use tokio_postgres::Client;

use crate::support::{database::Database, seed};

struct Scene {
    _database: Database,
    store: Store,
    superuser: Client,
    customer: TenantId,
    /// The six documents, by their numbers.
    ids: Vec<DocumentId>,
    collection: CollectionId,
}

/// The differences between the six documents; number 0 shares its properties with no other.
const DOCUMENTS: [&str; 6] = [
    "UPDATE documents SET title = '50% off_', external_id = 'kb/17?a=1#x', file_name = 'a b.pdf', source = 'file',
        metadata = '{\"year\": 2026, \"big\": 12345678901234567890.000000001, \"tags\": [\"a\", \"b\"]}',
        collection_id = $2, status = 'failed', code = 'corrupt_file' WHERE id = $1",
    "UPDATE documents SET title = '50 off', source = 'url', metadata = '{\"year\": 2025}' WHERE id = $1 AND $2::uuid IS NOT NULL",
    "UPDATE documents SET title = 'Zebra', metadata = '{\"year\": \"2026\"}' WHERE id = $1 AND $2::uuid IS NOT NULL",
    "UPDATE documents SET title = 'apple' WHERE id = $1 AND $2::uuid IS NOT NULL",
    "UPDATE documents SET title = 'Caf\u{e9} M\u{dc}LLER' WHERE id = $1 AND $2::uuid IS NOT NULL",
    "UPDATE documents SET title = 'apple' WHERE id = $1 AND $2::uuid IS NOT NULL",
];

async fn scene() -> Scene {
    let database = Database::fresh().await;
    let (store, superuser) = (database.store(2), database.superuser().await);
    let customer = seed::customer(&store).await.id;
    let theirs = seed::customer(&store).await.id;
    let collection = seed::collection(&store, customer, "Handbook").await;
    let mut ids = Vec::new();
    for (number, change) in DOCUMENTS.iter().enumerate() {
        let (id, _) = seed::add(&store, customer, None, &format!("text {number}")).await;
        superuser
            .execute(*change, &[&id.as_uuid(), &collection.as_uuid()])
            .await
            .unwrap();
        ids.push(id);
    }
    seed::add(&store, theirs, Some("kb/17?a=1#x"), "text 0").await;
    superuser
        .execute(
            "UPDATE document_versions SET format = 'pdf' WHERE document_id = $1",
            &[&ids[0].as_uuid()],
        )
        .await
        .unwrap();
    // Their times are an hour apart: the first was created first and updated last.
    superuser
        .batch_execute("ALTER TABLE documents DISABLE TRIGGER touch")
        .await
        .unwrap();
    for (hour, id) in (1..).zip(&ids) {
        let times = format!(
            "UPDATE documents SET created_at = '2026-01-01T{hour:02}:00:00Z', updated_at = '2026-02-01T{:02}:00:00Z'
             WHERE id = $1",
            20 - hour
        );
        superuser.execute(&times, &[&id.as_uuid()]).await.unwrap();
    }
    Scene {
        _database: database,
        store,
        superuser,
        customer,
        ids,
        collection,
    }
}

fn at(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

impl Scene {
    /// The numbers of the documents that match.
    async fn matching(&self, filter: Filter) -> BTreeSet<usize> {
        let listed = self
            .store
            .list_documents(self.customer, &filter, Sort::default(), None, 100)
            .await
            .unwrap();
        let count = self.store.count_documents(self.customer, &filter).await;
        assert_eq!(count.unwrap(), i64::try_from(listed.len()).unwrap());
        let number = |id| self.ids.iter().position(|known| *known == id).unwrap();
        listed.iter().map(|document| number(document.id)).collect()
    }

    /// The order of a list that is read in pages of two.
    async fn order(&self, sort: Sort) -> Vec<usize> {
        let (mut after, mut seen): (Option<Position>, Vec<DocumentId>) = (None, Vec::new());
        loop {
            let page = self
                .store
                .list_documents(self.customer, &Filter::default(), sort, after.as_ref(), 2)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some(Position::behind(last, sort));
            seen.extend(page.iter().map(|document| document.id));
        }
        let number = |id: &DocumentId| self.ids.iter().position(|known| known == id).unwrap();
        seen.iter().map(number).collect()
    }
}

#[tokio::test]
async fn every_filter_matches_exactly_the_right_documents() {
    let scene = scene().await;
    let none = Filter::default;
    let text = |text: &str| Some(text.to_owned());
    let metadata = |json: &str| Metadata::parse(json);
    let all = BTreeSet::from([0, 1, 2, 3, 4, 5]);
    assert_eq!(scene.matching(none()).await, all);
    let only_first = [
        Filter {
            external_id: text("kb/17?a=1#x"),
            ..none()
        },
        // A percent sign, an underscore and a backslash are literal.
        Filter {
            title: text("0% OFF_"),
            ..none()
        },
        Filter {
            file_name: text("a b.pdf"),
            ..none()
        },
        Filter {
            formats: Some(vec![Format::Pdf, Format::Html]),
            ..none()
        },
        Filter {
            sources: Some(vec![Source::File, Source::Webhook]),
            ..none()
        },
        Filter {
            statuses: Some(vec![Status::Failed, Status::NeedsAction]),
            ..none()
        },
        Filter {
            code: Some(FailureCode::CorruptFile),
            ..none()
        },
        Filter {
            collection: Some(Some(scene.collection)),
            ..none()
        },
        Filter {
            metadata: metadata(r#"{"year": 2026}"#),
            ..none()
        },
        Filter {
            metadata: metadata(r#"{"big": 12345678901234567890.000000001}"#),
            ..none()
        },
        Filter {
            metadata: metadata(r#"{"tags": ["b"]}"#),
            ..none()
        },
        Filter {
            created_before: at("2026-01-01T01:30:00Z"),
            ..none()
        },
        Filter {
            updated_after: at("2026-02-01T18:30:00Z"),
            ..none()
        },
        Filter {
            ids: Some(vec![scene.ids[0], DocumentId::generate()]),
            ..none()
        },
    ];
    for filter in only_first {
        let what = format!("{filter:?}");
        assert_eq!(scene.matching(filter).await, BTreeSet::from([0]), "{what}");
    }
    let nothing = [
        Filter {
            external_id: text("kb/17"),
            ..none()
        },
        Filter {
            title: text(r"50\%"),
            ..none()
        },
        Filter {
            file_name: text("b.pdf"),
            ..none()
        },
        Filter {
            code: Some(FailureCode::EmptyDocument),
            ..none()
        },
        Filter {
            collection: Some(Some(CollectionId::generate())),
            ..none()
        },
        // Every digit is significant.
        Filter {
            metadata: metadata(r#"{"big": 12345678901234567890.000000002}"#),
            ..none()
        },
        // Both have to match.
        Filter {
            title: text("zebra"),
            statuses: Some(vec![Status::Failed]),
            ..none()
        },
        // A time is not after itself.
        Filter {
            created_after: at("2026-01-01T06:00:00Z"),
            ..none()
        },
        Filter {
            updated_before: at("2026-02-01T14:00:00Z"),
            ..none()
        },
        Filter {
            ids: Some(Vec::new()),
            ..none()
        },
    ];
    for filter in nothing {
        let what = format!("{filter:?}");
        assert_eq!(scene.matching(filter).await, BTreeSet::new(), "{what}");
    }
    let in_none = Filter {
        collection: Some(None),
        ..none()
    };
    assert_eq!(
        scene.matching(in_none).await,
        BTreeSet::from([1, 2, 3, 4, 5])
    );
    let capitals = Filter {
        title: text("caf\u{c9} m\u{fc}ller"),
        ..none()
    };
    assert_eq!(scene.matching(capitals).await, BTreeSet::from([4]));

    let found = scene
        .store
        .document_by_external_id(scene.customer, "kb/17?a=1#x");
    assert_eq!(found.await.unwrap().id, scene.ids[0]);
    let delete = "UPDATE documents SET deleted_at = now() WHERE id = $1";
    let first = scene.ids[0].as_uuid();
    scene.superuser.execute(delete, &[&first]).await.unwrap();
    let gone = scene
        .store
        .document_by_external_id(scene.customer, "kb/17?a=1#x");
    assert_eq!(gone.await.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(
        scene.matching(none()).await,
        BTreeSet::from([1, 2, 3, 4, 5])
    );
}

#[tokio::test]
async fn paging_works_in_every_sort_order() {
    let scene = scene().await;
    assert_eq!(scene.order(Sort::CreatedAt).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(
        scene.order(Sort::CreatedAtDescending).await,
        [5, 4, 3, 2, 1, 0]
    );
    assert_eq!(scene.order(Sort::UpdatedAt).await, [5, 4, 3, 2, 1, 0]);
    assert_eq!(
        scene.order(Sort::UpdatedAtDescending).await,
        [0, 1, 2, 3, 4, 5]
    );
    // Two have the same title and are ordered by their ids, which increase.
    assert_eq!(scene.order(Sort::Title).await, [1, 0, 3, 5, 4, 2]);
    assert_eq!(scene.order(Sort::TitleDescending).await, [2, 4, 5, 3, 0, 1]);
}

#[tokio::test]
async fn origins_are_returned_only_for_existing_documents() {
    let scene = scene().await;
    let wanted = [scene.ids[0], scene.ids[1], DocumentId::generate()];
    let origins = scene.store.document_origins(scene.customer, &wanted);
    let origins = origins.await.unwrap();
    assert_eq!(origins.len(), 2);
    let first = &origins[&scene.ids[0]];
    assert_eq!(first.external_id.as_deref(), Some("kb/17?a=1#x"));
    assert_eq!(first.file_name.as_deref(), Some("a b.pdf"));
    assert_eq!(
        (first.collection_id, &first.source_url),
        (Some(scene.collection), &None)
    );
    let theirs = seed::customer(&scene.store).await.id;
    let none = scene.store.document_origins(theirs, &wanted).await.unwrap();
    assert!(none.is_empty());
}
