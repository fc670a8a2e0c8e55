#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.hpp"
#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

/// Reads COMPAT: "all", "none", or a list of autoheal, deunhealth and guide.
Applied read_compat(std::string_view text, CompatSettings& compat);
std::string show_compat(const CompatSettings& compat);

/// Applies the variables of docker-autoheal, its descendants and deunhealth. docs/migrating.md has the table.
///
/// Another tool's variable sets healer's setting only if no file, flag or variable of healer does. Each
/// recognised variable is noted once in `settings.notes`: its effect, and where healer acts more safely.
/// Secrets are not shown. A value that the other tool cannot use either is an error.
void read_compat_variables(const Environment& environment, Settings& settings, ConfigErrors& errors);

/// The five lines that docker-autoheal prints when it starts, and a sixth if there is a start period.
std::vector<std::string> autoheal_greeting(const Environment& environment);

/// Reads the labels that other tools define, for one container.
///
///   label                                      | means
///   -------------------------------------------+---------------------------------------------------------
///   autoheal=true (AUTOHEAL_CONTAINER_LABEL)   | opted in: only its HEALTHCHECK counts, an exit does not
///   autoheal=false, False, no, 0, off          | opted out
///   autoheal.stop.timeout=SECONDS              | stop_timeout
///   autoheal.action=restart|stop|notify|none   | remedies; none: opted out
///   autoheal.notify=false                      | no notifications about the container
///   autoheal.monitor.enable=true|false         | opted in or out
///   autoheal.restart.enable=false              | remedies: none
///   autoheal.restart.exclude=true              | remedies: none
///   deunhealth.restart.on.unhealthy=true|false | as autoheal
///   deunhealth.restart.with.unhealthy.container=NAME | opted in, and depends_on NAME
class CompatLabels {
 public:
  explicit CompatLabels(const CompatSettings& compat) : compat_(compat) {}

  /// Whether a label of this name can have an effect.
  bool reads(std::string_view label) const;

  /// Applies them to a policy that holds the defaults. Call this before healer's own labels are applied.
  void read(const std::map<std::string, std::string>& labels, Policy& policy,
            std::vector<LabelProblem>& problems);

  bool opted_in() const { return opted_in_; }
  bool opted_out() const { return opted_out_; }
  /// The label that opted the container in; empty for AUTOHEAL_CONTAINER_LABEL=all.
  const std::string& opted_in_by() const { return opted_in_by_; }

  /// The settings that took effect, each with its label.
  using Applied = std::vector<std::pair<const Setting<Policy>*, std::string>>;
  const Applied& applied() const { return applied_; }

 private:
  void read_autoheal(const std::string& label, const std::string& value, Policy& policy,
                     std::vector<LabelProblem>& problems);
  void read_deunhealth(const std::string& label, const std::string& value, Policy& policy,
                       std::vector<LabelProblem>& problems);
  void opt(const std::string& label, bool in);
  void set(std::string_view key, const std::string& label, std::string_view shown, std::string_view text,
           Policy& policy, std::vector<LabelProblem>& problems);

  const CompatSettings& compat_;
  bool opted_in_ = false;
  bool opted_out_ = false;
  std::string opted_in_by_;
  Applied applied_;
};

/// The workload setting with this key.
const Setting<Policy>& workload_setting(std::string_view key);

}  // namespace healer
