//! Tests through the crate's doors: what is wanted goes in, a plan, a form or a change of AWS comes out.

mod applying;
mod covers;
mod forms;
mod numbers;
mod plans;
mod sample;
mod scripts;
mod targets;
mod undoing;
