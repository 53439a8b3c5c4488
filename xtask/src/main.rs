//! Tasks of the project that are no part of the program: generators and the one command that equals CI.

fn main() {
    eprintln!("usage: cargo xtask <task>");
    std::process::exit(2);
}
