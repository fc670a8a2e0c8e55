#include "core/workload/selection.hpp"

#include <algorithm>
#include <utility>

#include "core/host/host_contribution.hpp"
#include "core/workload/health.hpp"
#include "core/workload/out.hpp"
#include "core/workload/verdict.hpp"

namespace healer {
namespace {

/// A candidate that answered, but does not fit, is asked again this many intervals later.
constexpr int slower = 10;

bool passed(const WorkloadProbe& probe) {
  return probe.verdict && probe.verdict->outcome == Outcome::Pass;
}

bool failed(const WorkloadProbe& probe) {
  return probe.verdict && probe.verdict->outcome == Outcome::Fail;
}

/// The peer has said what it is. A refused connection may be a server that does not listen yet.
bool answered(const WorkloadProbe& probe) {
  if (probe.next_at == Instant::max() || passed(probe)) return true;
  if (!failed(probe)) return false;
  switch (probe.verdict->cause) {
    case Cause::Refused:
    case Cause::Reset:
    case Cause::ConnectTimeout:
    case Cause::AnswerTimeout:
      return false;
    default:
      return true;
  }
}

/// The same target without TLS.
TargetResolution over_plain(const TargetResolution& https) {
  HttpTarget target = std::get<HttpTarget>(*std::get<ProbeTargetPtr>(https.how));
  target.tls = false;
  TargetResolution plain = https;
  plain.kind = ProbeKind::Http;
  plain.text = to_string(ProbeKind::Http) + https.text.substr(std::string_view(to_string(https.kind)).size());
  plain.how = std::make_shared<const ProbeTarget>(std::move(target));
  return plain;
}

/// A definite answer of a server that has no such path, or wants something else first.
bool answered_otherwise(Cause cause) {
  return cause == Cause::Access || cause == Cause::NotFound || cause == Cause::Status;
}

/// Asks the port with TLS, or without, after what it said to the other one. True: the next check is another.
bool change_protocol(WorkloadProbe& probe, const ProbeFacts& facts) {
  const bool plain = probe.resolution.kind == ProbeKind::Http;
  if (!plain && probe.resolution.kind != ProbeKind::Https) return false;
  const auto change = [&] {
    probe.resolution = plain ? over_tls(probe.resolution) : over_plain(probe.resolution);
  };
  if (facts.protocol == (plain ? PeerProtocol::Tls : PeerProtocol::Http)) {
    change();
    probe.verdict.reset();  // it was about another protocol
    return true;
  }
  // Some servers close a connection that does not begin with TLS without a word. What has passed before with
  // this protocol is down rather than of another one.
  const bool silent = facts.end == ProbeEnd::Reset && facts.protocol == PeerProtocol::Unknown;
  const bool no_tls = !plain && facts.end == ProbeEnd::TlsFailed && facts.protocol != PeerProtocol::Tls;
  if (probe.trust == Trust::Provisional || !(silent || no_tls)) return false;
  change();
  if (failed(probe))
    std::get<CheckProblem>(probe.verdict->reason).asked_with = plain ? AskedWith::NoTls : AskedWith::Tls;
  return true;
}

template <class How>
bool any(const std::vector<WorkloadProbe>& probes) {
  return std::any_of(probes.begin(), probes.end(), [](const WorkloadProbe& probe) {
    return std::holds_alternative<How>(probe.resolution.how);
  });
}

std::string unproven_fingerprint(const Probes& probes, const Policy& policy) {
  for (const WorkloadProbe& probe : probes.selected)
    if (failed(probe) && !counts(probe, policy)) return probe_fingerprint(spec_of(probe.spec, policy));
  return {};
}

}  // namespace

const ProbeSpec& spec_of(unsigned spec, const Policy& policy) {
  const std::vector<NamedProbe>& named = policy.named_probes;
  const unsigned unnamed = policy.unnamed_probe || named.empty() ? 1 : 0;
  return spec >= unnamed && spec - unnamed < named.size() ? named[spec - unnamed].spec : policy.probe;
}

const char* label(const WorkloadProbe& probe) {
  return probe.name.empty() ? to_string(probe.resolution.kind) : probe.name.c_str();
}

bool counts(const WorkloadProbe& probe, const Policy& policy) {
  return probe.trust != Trust::Unproven || policy.unproven == UnprovenUse::Act;
}

bool is_due(const WorkloadProbe& probe, Instant now) {
  return std::holds_alternative<ProbeTargetPtr>(probe.resolution.how) && now >= probe.next_at;
}

Verdict unproven_verdict(const Probes& probes, const Policy& policy) {
  reason::Checks tried;
  for (const WorkloadProbe& probe : probes.selected) {
    if (!failed(probe) || counts(probe, policy)) continue;
    tried.probes.push_back({probe.resolution.text, problem_of(*probe.verdict)});
  }
  return {Outcome::Unknown, Cause::Unproven, std::move(tried)};
}

bool Probes::listens_to_engine() const {
  return any<UseEngineHealth>(selected);
}

bool Probes::uses_engine_health() const {
  return listens_to_engine() &&
         std::none_of(selected.begin(), selected.end(), [](const WorkloadProbe& probe) {
           return std::holds_alternative<ProbeTargetPtr>(probe.resolution.how) &&
                  !(probe.candidate && probe.trust == Trust::Unproven);
         });
}

bool Probes::none() const {
  return !listens_to_engine() && !any<ProbeTargetPtr>(selected);
}

std::string Probes::text() const {
  std::string text;
  bool choosing = false;
  for (const WorkloadProbe& probe : selected) {
    if (!text.empty()) text += choosing && probe.candidate ? " or " : ", ";
    choosing = probe.candidate;
    if (!probe.name.empty()) text += probe.name + ": ";
    text += probe.resolution.text;
  }
  return text;
}

ProbeSelection::ProbeSelection(Probes& own, const View& view, Out& out)
    : own_(own), w_(view.workload), host_(view.host), now_(view.now), out_(out) {}

std::vector<WorkloadProbe> ProbeSelection::found() const {
  const Policy& policy = *w_.policy;
  const Container* network_parent = host_.networks.facts(w_.container.network_parent);
  std::vector<WorkloadProbe> found;
  found.reserve(policy.named_probes.size() + 1);
  unsigned number = 0;
  const auto add = [&](const std::string& name, const ProbeSpec& spec) {
    WorkloadProbe probe;
    probe.name = name;
    probe.spec = number++;
    if (!spec.kind && policy.unproven == UnprovenUse::Hold) return select_among(found, probe, spec);
    probe.resolution = spec.kind == ProbeKind::Exec && !host_.capabilities.has(Capability::Exec)
                           ? unreachable(ProbeKind::Exec, "this engine runs no command in a container")
                           : resolve_target(w_.container, spec, host_.probe_origin, network_parent);
    if (std::holds_alternative<ProbeTargetPtr>(probe.resolution.how))
      probe.trust = trust_of(trusted(own_.trusted, name, probe_fingerprint(spec)), w_.container.image_id);
    found.push_back(std::move(probe));
  };
  if (policy.unnamed_probe || policy.named_probes.empty()) add({}, policy.probe);
  for (const NamedProbe& named : policy.named_probes) add(named.name, named.spec);
  return found;
}

/// Without a probe label: the ports that may answer, and the HEALTHCHECK. Once one port has been chosen, that
/// one; with a new image all are looked at again.
void ProbeSelection::select_among(std::vector<WorkloadProbe>& found, const WorkloadProbe& like,
                                  const ProbeSpec& spec) const {
  const Container* network_parent = host_.networks.facts(w_.container.network_parent);
  const TrustedProbe* known = trusted(own_.trusted, like.name, probe_fingerprint(spec));
  std::vector<TargetResolution> targets = candidate_targets(w_.container, spec, host_.probe_origin,
                                                            network_parent, w_.policy->effective_timeout());
  const auto is_chosen = [known](const TargetResolution& target) {
    return known != nullptr && known->port == target.port;
  };
  const bool there = std::any_of(targets.begin(), targets.end(), is_chosen);
  const Trust trust = there ? trust_of(known, w_.container.image_id) : Trust::Unproven;
  const std::size_t before = found.size();
  for (TargetResolution& target : targets) {
    WorkloadProbe probe = like;
    if (is_chosen(target)) {
      probe.resolution = chosen_target(w_.container, spec, *known, host_.probe_origin, network_parent);
      probe.trust = trust;
    } else if (trust == Trust::Proven) {
      continue;
    } else {
      probe.resolution = std::move(target);
      probe.trust = Trust::Unproven;
    }
    probe.candidate = trust != Trust::Proven;
    found.push_back(std::move(probe));
  }
  const bool has_check = w_.container.health != EngineHealth::None;
  if (!has_check && found.size() > before) return;
  WorkloadProbe last = like;
  last.resolution =
      has_check ? by_engine_health() : resolve_target(w_.container, spec, host_.probe_origin, network_parent);
  last.trust = Trust::Proven;
  found.push_back(std::move(last));
}

ProbeSelection::Change ProbeSelection::change_to(const std::vector<WorkloadProbe>& found) const {
  const auto equal = [&](auto&& same) {
    return std::equal(found.begin(), found.end(), own_.selected.begin(), own_.selected.end(), same);
  };
  const bool same_targets = equal([](const WorkloadProbe& a, const WorkloadProbe& b) {
    return a.name == b.name && a.resolution.same_target(b.resolution);
  });
  if (!same_targets) return Change::Target;
  return equal([](const WorkloadProbe& a, const WorkloadProbe& b) { return a.trust == b.trust; })
             ? Change::None
             : Change::Trust;
}

void ProbeSelection::take(std::vector<WorkloadProbe> found) {
  const bool said = std::equal(found.begin(), found.end(), own_.selected.begin(), own_.selected.end(),
                               [](const WorkloadProbe& a, const WorkloadProbe& b) {
                                 return a.name == b.name && a.resolution.text == b.resolution.text;
                               });
  own_.selected = std::move(found);
  if (said) return;
  for (const WorkloadProbe& probe : own_.selected) {
    const auto* unreachable = std::get_if<Unreachable>(&probe.resolution.how);
    if (!unreachable) continue;
    out_.log(LogLevel::Warning,
             fact::Uncheckable{own_.selected.size() > 1 ? label(probe) : std::string(), unreachable->reason});
  }
  if (own_.none()) return;
  fact::Watched watched;
  if (!own_.uses_engine_health()) watched = {own_.text(), w_.policy->interval};
  out_.log(LogLevel::Info, watched);
}

/// When a candidate is asked next: a server of another protocol never again in this instance, one that has no
/// such path rarely. One whose failures count is asked at each interval.
void ProbeSelection::note_candidate(WorkloadProbe& probe, const ProbeFacts& facts) const {
  if (passed(probe) || change_protocol(probe, facts) || counts(probe, *w_.policy)) return;
  if (facts.end == ProbeEnd::Malformed)
    probe.next_at = Instant::max();
  else if (!w_.health.in_start_window(now_) && failed(probe) && answered_otherwise(probe.verdict->cause))
    probe.next_at = now_ + slower * w_.policy->interval;
}

void ProbeSelection::trust(WorkloadProbe& probe) {
  const std::string fingerprint = probe_fingerprint(spec_of(probe.spec, *w_.policy));
  std::erase_if(own_.trusted, [&](const TrustedProbe& each) { return each.name == probe.name; });
  TrustedProbe now{probe.name, fingerprint, w_.container.image_id, {}, {}};
  if (probe.candidate) {
    now.kind = probe.resolution.kind;
    now.port = probe.resolution.port;
  }
  own_.trusted.push_back(std::move(now));
  own_.unproven_notified.clear();
  probe.trust = Trust::Proven;
  out_.record_changed();
}

/// Of the candidates of one probe the lowest that passed stays, once no lower one can pass any more.
void ProbeSelection::choose_among(unsigned spec) {
  const auto is_candidate = [spec](const WorkloadProbe& probe) {
    return probe.candidate && probe.spec == spec;
  };
  auto chosen = own_.selected.end();
  for (auto each = own_.selected.begin(); each != own_.selected.end(); ++each) {
    if (!is_candidate(*each)) continue;
    if (passed(*each) && (chosen == own_.selected.end() || each->trust == Trust::Provisional)) chosen = each;
    const bool open = !answered(*each) || (each->trust == Trust::Provisional && !passed(*each));
    // A lower port, or the one of before, may still answer.
    if (open && w_.health.in_start_window(now_) &&
        (chosen == own_.selected.end() || each->trust == Trust::Provisional))
      return;
  }
  if (chosen == own_.selected.end()) return;
  trust(*chosen);
  chosen->candidate = false;
  chosen->resolution = chosen_target(w_.container, spec_of(spec, *w_.policy), own_.trusted.back(),
                                     host_.probe_origin, host_.networks.facts(w_.container.network_parent));
  const bool several = std::count_if(own_.selected.begin(), own_.selected.end(), is_candidate) > 0;
  const std::string text = chosen->resolution.text;
  std::erase_if(own_.selected, is_candidate);
  if (own_.listens_to_engine()) note_engine_health(w_.container.health);
  if (several) out_.log(LogLevel::Info, fact::ProbeProven{text, true});
}

/// After a round: probes that passed are trusted from now on.
void ProbeSelection::trust_passed() {
  if (w_.policy->unproven == UnprovenUse::Act) return;
  for (WorkloadProbe& probe : own_.selected)
    if (!probe.candidate && probe.trust != Trust::Proven && passed(probe)) trust(probe);
  const bool choosing = std::any_of(own_.selected.begin(), own_.selected.end(),
                                    [](const WorkloadProbe& probe) { return probe.candidate; });
  if (!choosing) return;
  const auto specs = static_cast<unsigned>(w_.policy->named_probes.size() + 1);
  for (unsigned spec = 0; spec < specs; ++spec) choose_among(spec);
}

/// With several probes, the HEALTHCHECK's last verdict counts in each round.
void ProbeSelection::note_engine_health(EngineHealth health) {
  std::optional<Verdict> said;
  if (health == EngineHealth::Healthy) said = Verdict{};
  if (health == EngineHealth::Unhealthy) said = judge_healthcheck(w_.container);
  note_engine_verdict(said);
}

void ProbeSelection::note_engine_verdict(const std::optional<Verdict>& said) {
  for (WorkloadProbe& probe : own_.selected)
    if (std::holds_alternative<UseEngineHealth>(probe.resolution.how)) probe.verdict = said;
}

/// Operators are notified once of a configuration that has never passed.
void ProbeSelection::report_unproven() {
  if (w_.health.in_start_window(now_) || own_.uses_engine_health()) return;
  // Before the first list is complete, who depends on whom is not known.
  if (!host_.synced_once) return;
  // While what it depends on is not ready, its failures say nothing of its own configuration.
  const auto not_ready = [this](const std::string& key) {
    const Workload* other = host_.find(key);
    return other != nullptr && not_ready_reason(*other, now_) != NotReady::None;
  };
  if (host_.graph.failing_root(w_.key, not_ready)) return;
  // A job has nothing to listen with, whatever port its image exposes. A check that an operator configured
  // for it is another matter.
  const bool automatic = std::all_of(own_.selected.begin(), own_.selected.end(),
                                     [](const WorkloadProbe& probe) { return probe.candidate; });
  if (automatic && !w_.service.empty() && host_.graph.awaits_jobs(w_.service)) return;
  const std::string fingerprint = unproven_fingerprint(own_, *w_.policy);
  if (fingerprint.empty() || fingerprint == own_.unproven_notified) return;
  own_.unproven_notified = fingerprint;
  out_.record_changed();
  out_.report(finding::ProbeUnproven{unproven_verdict(own_, *w_.policy).reason});
}

}  // namespace healer
