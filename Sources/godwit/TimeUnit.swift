/// A unit of time as it is written on the command line.
enum TimeUnit: String {
    case milliseconds = "ms"
    case seconds = "s"
    case minutes = "m"
    case hours = "h"
    case days = "d"

    /// One of it.
    var duration: Duration {
        switch self {
        case .milliseconds: .milliseconds(1)
        case .seconds: .seconds(1)
        case .minutes: .seconds(60)
        case .hours: .seconds(3600)
        case .days: .seconds(86400)
        }
    }
}

extension Duration {
    /// Larger numbers are typing errors, and a million days still fit into a Duration.
    private static let largestNumber = 1_000_000

    /// Reads a whole number and one of these units; a bare number has the unit `bare`, where there is one.
    init?(argument text: String, in units: Set<TimeUnit>, bare: TimeUnit? = nil) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number <= Self.largestNumber else { return nil }
        let suffix = text.dropFirst(digits.count)
        guard let unit = suffix.isEmpty ? bare : TimeUnit(rawValue: String(suffix)), units.contains(unit) else {
            return nil
        }
        self = unit.duration * number
    }
}
