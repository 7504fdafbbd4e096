//! What a frame costs: the Live tab in a real terminal's buffers, drawn and compared with the frame before.

use divan::Bencher;
use neo_console::console::ui::{draw, fixture};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn main() {
    divan::main();
}

/// One frame of Live; two screens take turns: both sides quoted, and the bid withheld.
#[divan::bench(args = [(200, 50), (80, 24)])]
fn live(bencher: Bencher, (width, height): (u16, u16)) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal in memory");
    let frames = [fixture::model(), fixture::ask_only()];
    let hints = fixture::hints();
    let mut turn = 0;
    bencher.bench_local(|| {
        turn = 1 - turn;
        terminal.draw(|frame| draw(&frames[turn], &fixture::LOOK, &hints, frame)).map(|frame| frame.count)
    });
}
