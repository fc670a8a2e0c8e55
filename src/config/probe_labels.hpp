#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

inline constexpr std::string_view named_probe_prefix = "healer.probes.";
inline constexpr std::size_t most_named_probes = 8;

/// The table's entry for a probe's label: "path" for healer.path and healer.probes.web.path.
const Setting<Policy>* probe_setting(std::string_view key);

/// Whether the setting has an effect on this probe; an unset kind counts as http.
bool has_effect(const SettingInfo& info, const ProbeSpec& spec);

/// Reads the labels of a container's probes, the unnamed one and the named ones, label by label.
///
///   healer.probe=http healer.path=/ready          the unnamed probe
///   healer.probes.queue.probe=tcp healer.probes.queue.port=5672
///
/// Each named probe starts from the defaults. Beside named probes, the unnamed one is used only if a label
/// sets it.
class ProbeLabels {
 public:
  /// One label that took effect on a named probe.
  struct Named {
    std::string probe;
    const Setting<Policy>* setting = nullptr;
    std::string label;
  };

  ProbeLabels(const Policy& defaults, std::vector<LabelProblem>& problems)
      : defaults_(defaults), problems_(problems) {}

  /// A label that begins with named_probe_prefix.
  void read_named(const std::string& label, const std::string& value);
  /// Records a label of the unnamed probe; `applied`: its value took effect.
  void saw_unnamed(const Setting<Policy>& setting, const std::string& label, const std::string& value,
                   bool applied);
  /// Puts the probes into the policy, and adds a problem for labels that do not fit together.
  void finish(Policy& policy);

  const std::vector<Named>& named() const { return applied_; }

 private:
  struct Seen {
    const Setting<Policy>* setting;
    std::string label;
    std::string value;
  };
  struct Probe {
    Policy holder;  ///< only its `probe` counts; the table's entries need a whole policy
    std::vector<Seen> seen;
  };

  bool complete(const ProbeSpec& spec, const std::string& prefix, const std::vector<Seen>& seen);

  const Policy& defaults_;
  std::vector<LabelProblem>& problems_;
  std::map<std::string, Probe> probes_;
  std::vector<Seen> unnamed_;
  bool unnamed_seen_ = false;
  std::vector<Named> applied_;
};

/// The problem of a refused label, worded like the errors of other settings.
LabelProblem refused_label(const SettingInfo& info, const std::string& label, std::string_view value,
                           const Applied& applied);

}  // namespace healer
