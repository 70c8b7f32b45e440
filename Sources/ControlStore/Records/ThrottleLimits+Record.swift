import FoundationEssentials
import Scheduling

extension ThrottleLimits {
    /// Reads limits that were written down; nil where one of them is unknown here, or is not as it should be.
    ///
    /// A bound that is left out because it can't be read would be a bound that nobody keeps.
    init?(readingAllOf json: String) {
        let decoder = JSONDecoder()
        let data = Data(json.utf8)
        // Whatever the reason is, the operator has to set them anew.
        guard let limits = try? decoder.decode(Self.self, from: data),
            let written = try? decoder.decode([String: Written].self, from: data),
            let known = try? decoder.decode([String: Written].self, from: JSONEncoder().encode(limits)),
            Set(written.filter { $0.value.isSet }.keys) == Set(known.keys)
        else { return nil }
        self = limits
    }

    /// Any value: only whether there is one matters.
    private struct Written: Decodable {
        let isSet: Bool

        init(from decoder: any Decoder) throws {
            self.isSet = try !decoder.singleValueContainer().decodeNil()
        }
    }
}
