//! The hills round the valley: their heights as bars, and what it takes to walk over all of them.
//!
//! None of these hills exists. A machine made up their names, their heights and the path.
//! Build it with `rustc hills.rs` and run it with `./hills`; it needs no crate.

const PATH_KM: u32 = 16;
const KM_AN_HOUR: u32 = 5;
const METRES_A_MINUTE: u32 = 10;

struct Hill {
    name: &'static str,
    height: u32,
}

const fn hill(name: &'static str, height: u32) -> Hill {
    Hill { name, height }
}

/// From the west to the east, in the order of the path.
const HILLS: [Hill; 5] = [
    hill("Barrow Top", 386),
    hill("Alder Rigg", 638),
    hill("Ember Law", 701),
    hill("Dun Fell", 273),
    hill("Curlew Hill", 873),
];

/// A mark for every whole hundred metres.
fn bar(height: u32) -> String {
    "#".repeat(height as usize / 100)
}

/// How many metres the path goes up, from the first hill to the last.
fn climb() -> u32 {
    HILLS
        .windows(2)
        .map(|pair| pair[1].height.saturating_sub(pair[0].height))
        .sum()
}

/// How long the walk takes, by Naismith's rule: so much on the flat, so much upwards.
fn minutes() -> u32 {
    PATH_KM * 60 / KM_AN_HOUR + climb() / METRES_A_MINUTE
}

fn main() {
    for Hill { name, height } in &HILLS {
        println!("{name:<12}{height:>4} m  {}", bar(*height));
    }
    let total: u32 = HILLS.iter().map(|hill| hill.height).sum();
    let mean = f64::from(total) / HILLS.len() as f64;
    if let Some(highest) = HILLS.iter().max_by_key(|hill| hill.height) {
        println!("highest: {}, {} m", highest.name, highest.height);
    }
    println!("mean: {mean:.1} m");
    println!("climb: {} m in {} h {} min", climb(), minutes() / 60, minutes() % 60);
}
