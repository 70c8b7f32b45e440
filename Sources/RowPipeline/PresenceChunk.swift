/// The ids of a `PresenceSet` that share all but their low 16 bits.
struct PresenceChunk: Sendable {
    /// The ids' upper 48 bits.
    var key: Int64
    var form = Form.runs
    var count = 0
    /// runs: pairs of first id and length - 1, ascending, never touching; array: ascending ids; bitmap: 4096 words.
    var cells: [UInt16] = []

    enum Form: UInt8, Sendable {
        case runs = 0
        case array = 1
        case bitmap = 2
    }

    /// Cells of a bitmap, and the size from which on the other forms are larger than one.
    static let bitmapCells = 4096

    init(key: Int64) {
        self.key = key
    }

    func contains(_ low: UInt16) -> Bool {
        switch self.form {
        case .bitmap:
            return self.cells[Int(low >> 4)] & (1 << (low & 15)) != 0
        case .array:
            let index = self.arrayPosition(of: low)
            return index < self.cells.count && self.cells[index] == low
        case .runs:
            let run = self.run(atOrBefore: low)
            return run >= 0 && low - self.cells[2 * run] <= self.cells[2 * run + 1]
        }
    }

    mutating func insert(_ low: UInt16) -> Bool {
        switch self.form {
        case .bitmap:
            let bit: UInt16 = 1 << (low & 15)
            guard self.cells[Int(low >> 4)] & bit == 0 else { return false }
            self.cells[Int(low >> 4)] |= bit
        case .array:
            if let last = self.cells.last, last < low {
                self.cells.append(low)
            } else {
                let index = self.arrayPosition(of: low)
                guard index == self.cells.count || self.cells[index] != low else { return false }
                self.cells.insert(low, at: index)
            }
        case .runs:
            guard self.insertIntoRuns(low) else { return false }
        }
        self.count += 1
        if self.form == .runs && self.cells.count > max(16, self.count) || self.cells.count > Self.bitmapCells {
            self.convert(to: self.count > Self.bitmapCells ? .bitmap : .array)
        }
        return true
    }

    mutating func remove(_ low: UInt16) -> Bool {
        guard self.contains(low) else { return false }
        if self.form == .runs { self.convert(to: self.count > Self.bitmapCells ? .bitmap : .array) }
        if self.form == .bitmap {
            self.cells[Int(low >> 4)] &= ~(1 << (low & 15))
        } else {
            self.cells.remove(at: self.arrayPosition(of: low))
        }
        self.count -= 1
        return true
    }

    func union(_ other: PresenceChunk) -> PresenceChunk {
        var result = self
        if self.form == .bitmap && other.form == .bitmap {
            var count = 0
            for index in 0..<Self.bitmapCells {
                result.cells[index] |= other.cells[index]
                count += result.cells[index].nonzeroBitCount
            }
            result.count = count
        } else {
            other.visit { _ = result.insert($0) }
        }
        return result
    }

    func visit(_ body: (UInt16) -> Void) {
        switch self.form {
        case .array:
            for low in self.cells { body(low) }
        case .runs:
            for index in stride(from: 0, to: self.cells.count, by: 2) {
                for low in self.cells[index]...(self.cells[index] + self.cells[index + 1]) { body(low) }
            }
        case .bitmap:
            for (index, word) in self.cells.enumerated() {
                var rest = word
                while rest != 0 {
                    body(UInt16(index << 4 | rest.trailingZeroBitCount))
                    rest &= rest - 1
                }
            }
        }
    }

    /// The same ids in another form.
    mutating func convert(to form: Form) {
        guard form != self.form else { return }
        var cells: [UInt16] = []
        switch form {
        case .array:
            cells.reserveCapacity(self.count)
            self.visit { cells.append($0) }
        case .bitmap:
            cells = [UInt16](repeating: 0, count: Self.bitmapCells)
            self.visit { cells[Int($0 >> 4)] |= 1 << ($0 & 15) }
        case .runs:
            self.visit { low in
                if let length = cells.last, cells[cells.count - 2] + length + 1 == low {
                    cells[cells.count - 1] += 1
                } else {
                    cells.append(low)
                    cells.append(0)
                }
            }
        }
        self.form = form
        self.cells = cells
    }

    /// The number of runs, whatever the form.
    var runCount: Int {
        if self.form == .runs { return self.cells.count / 2 }
        var runs = 0
        var previous = -2
        self.visit { low in
            if Int(low) != previous + 1 { runs += 1 }
            previous = Int(low)
        }
        return runs
    }

    private mutating func insertIntoRuns(_ low: UInt16) -> Bool {
        let run = self.run(atOrBefore: low)
        let next = 2 * (run + 1)
        let touchesNext = next < self.cells.count && low < .max && self.cells[next] == low + 1
        if run >= 0 {
            let distance = low - self.cells[2 * run]
            let length = self.cells[2 * run + 1]
            if distance <= length { return false }
            if distance == length + 1 {
                self.cells[2 * run + 1] += 1
                if touchesNext {
                    self.cells[2 * run + 1] += 1 + self.cells[next + 1]
                    self.cells.removeSubrange(next..<(next + 2))
                }
                return true
            }
        }
        if touchesNext {
            self.cells[next] = low
            self.cells[next + 1] += 1
        } else {
            self.cells.insert(low, at: next)
            self.cells.insert(0, at: next + 1)
        }
        return true
    }

    /// Index of the last run that begins at or before the id, -1 for none.
    private func run(atOrBefore low: UInt16) -> Int {
        if self.cells.isEmpty { return -1 }
        if self.cells[self.cells.count - 2] <= low { return self.cells.count / 2 - 1 }
        // The run is one of `count` from `first` on. A choice without a branch: ids of parents come in no order.
        var first = 0
        var count = self.cells.count / 2
        while count > 1 {
            let half = count / 2
            first = self.cells[2 * (first + half)] <= low ? first + half : first
            count -= half
        }
        return self.cells[2 * first] <= low ? first : first - 1
    }

    private func arrayPosition(of low: UInt16) -> Int {
        var lower = 0
        var upper = self.cells.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if self.cells[middle] < low { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}
