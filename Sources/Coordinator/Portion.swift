/// How many of something one turn of the loop takes on: as many as take about as long as a turn may, on this machine, now.
///
/// What a statement of some hundred rows takes differs by a factor of ten, with the load beside it.
struct Portion {
    private(set) var size: Int
    private let most: Int

    /// Below it a statement's own cost prevails (safe from 10).
    private static let least = 25
    /// Longer is too long beside what else a turn does (safe up to half of 0.1 s).
    private static let longest = Duration.milliseconds(40)
    /// Shorter has room for more.
    private static let short = Duration.milliseconds(15)

    init(most: Int) {
        self.most = most
        self.size = most
    }

    /// So many took so long.
    mutating func took(_ time: Duration, for count: Int) {
        if time > Self.longest {
            self.size = max(Self.least, min(self.size, count) / 2)
        } else if time < Self.short, count >= self.size {
            self.size = min(self.most, self.size * 2)
        }
    }
}
