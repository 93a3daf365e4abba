//! What `zclab trace` calls things, and what it advises: real programs, each compared with what is known of it.

mod require;

#[path = "advice/cases.rs"]
mod cases;
#[path = "trace/desk.rs"]
mod desk;
#[path = "advice/names.rs"]
mod names;
#[path = "advice/peers.rs"]
mod peers;
#[path = "advice/report.rs"]
mod report;
