/// Frames as an enemy or a broken peer sends them: valid ones with a few bytes changed, or noise.
package struct HostileFrames {
    private let valid: [[[UInt8]]]
    private var generator: SplitMix64

    /// - Parameters:
    ///   - valid: Messages to mutate.
    ///   - seed: The same gives the same frames.
    package init(mutating valid: [[[UInt8]]], seed: UInt64) {
        self.valid = valid
        self.generator = SplitMix64(state: seed)
    }

    /// The next message, one half mutated, the other noise.
    package mutating func next() -> [[UInt8]] {
        if Bool.random(using: &self.generator), let frames = self.valid.randomElement(using: &self.generator) {
            return self.mutated(frames)
        }
        return self.noise()
    }

    private mutating func mutated(_ frames: [[UInt8]]) -> [[UInt8]] {
        var frames = frames
        for _ in 0..<Int.random(in: 1...3, using: &self.generator) {
            let index = Int.random(in: frames.indices, using: &self.generator)
            guard !frames[index].isEmpty else { continue }
            let position = Int.random(in: frames[index].indices, using: &self.generator)
            switch Int.random(in: 0..<5, using: &self.generator) {
            case 0: frames[index][position] = UInt8.random(in: .min ... .max, using: &self.generator)
            case 1: frames[index].remove(at: position)
            case 2: frames[index].insert(Self.telling.randomElement(using: &self.generator) ?? 0, at: position)
            case 3: frames[index].replaceSubrange(position..., with: frames[index].prefix(position))
            default: frames[index][position] = Self.telling.randomElement(using: &self.generator) ?? 0
            }
        }
        return frames
    }

    private mutating func noise() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        for _ in 0..<Int.random(in: 0...4, using: &self.generator) {
            var frame: [UInt8] = []
            for _ in 0..<Int.random(in: 0...60, using: &self.generator) {
                frame.append(
                    Bool.random(using: &self.generator)
                        ? Self.telling.randomElement(using: &self.generator) ?? 0
                        : UInt8.random(in: .min ... .max, using: &self.generator)
                )
            }
            frames.append(frame)
        }
        if !frames.isEmpty, Bool.random(using: &self.generator) { frames[0] = Array("GDW\u{1}".utf8) }
        return frames
    }

    /// Bytes that mean something in JSON.
    private static let telling = Array("{}[]\",:\\-+.eE0123456789utfn \n\u{0}\u{7F}".utf8)
}
