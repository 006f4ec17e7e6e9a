//! dynrag-search
