#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/probe.hpp"
#include "model/record.hpp"

namespace healer {

/// What the failures of a probe are worth. HEALING.md 2, "Trust".
///
///   trust       | input                                   | next
///   ------------+-----------------------------------------+------------
///   Unproven    | the probe passes                        | Proven
///   Proven      | the container has another image         | Provisional
///   Proven,     | the probe's configuration changes       | Unproven
///   Provisional |                                         |
///   Provisional | the probe passes                        | Proven
enum class Trust : std::uint8_t {
  Unproven,     ///< it has never passed with this configuration: its failures cause no remedy
  Provisional,  ///< it has passed, with another image: its failures cause one attempt
  Proven
};

/// The part of the configuration that decides what passes, as a number in text. A probe with another
/// fingerprint has to prove itself again. Headers count by their names, because their values are secrets.
std::string probe_fingerprint(const ProbeSpec& spec);

/// The record of the probe with this name and fingerprint; null: it has not passed yet.
const TrustedProbe* trusted(const std::vector<TrustedProbe>& all, const std::string& name,
                            const std::string& fingerprint);

/// `known`: null, or the record of the probe. An image without a name is the same image.
Trust trust_of(const TrustedProbe* known, const std::string& image_id);

}  // namespace healer
