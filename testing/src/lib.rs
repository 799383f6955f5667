//! Servers that the tests talk to.

<<<<<<< HEAD
pub mod dns;
pub mod files;
=======
pub mod gate;
>>>>>>> w-block
pub mod http_server;
pub mod mmdb;
pub mod moto;
pub mod python;
