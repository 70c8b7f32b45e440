/// Sizes as people read them, wherever they are shown.
package enum ByteText {
    /// `512 B`, `64 KiB`, `1.5 MiB`.
    package static func text(_ bytes: Int) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var amount = Double(bytes) / 1024
        guard amount.magnitude >= 1 else { return "\(bytes) B" }
        var unit = 0
        // What would be rounded to 1024 is one of the next unit.
        while amount.magnitude >= 1023.95, unit < units.count - 1 {
            amount /= 1024
            unit += 1
        }
        let tenths = Int((amount * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
