#include "engine/docker/recreate_steps.hpp"

namespace healer::docker {

const char* to_string(RecreateStep step) {
  switch (step) {
    case RecreateStep::Create:
      return "creating the new container";
    case RecreateStep::Leave:
      return "taking the new container off a network that the old one has left";
    case RecreateStep::Connect:
      return "joining the new container to its networks";
    case RecreateStep::StartNew:
      return "starting the new container";
    case RecreateStep::StopOld:
      return "stopping the old container";
    case RecreateStep::SetOldAside:
      return "setting the old container aside";
    case RecreateStep::NameNew:
      return "giving the new container its name";
    case RecreateStep::RemoveOld:
      return "removing the old container";
    case RecreateStep::Finished:
      return "finished";
    case RecreateStep::RemoveNew:
      return "removing the new container";
    case RecreateStep::StartOld:
      return "starting the old container again";
    case RecreateStep::NameOld:
      return "giving the old container its name back";
    case RecreateStep::Undone:
      return "undone";
    case RecreateStep::Lost:
      return "looking at both containers";
  }
  return "?";
}

namespace {

RecreateStep replace_named(const Sight& sight, bool side_by_side) {
  if (sight.new_place == Place::Gone) return RecreateStep::Create;
  if (sight.to_leave) return RecreateStep::Leave;
  if (sight.to_join) return RecreateStep::Connect;
  if (sight.old_instances && side_by_side && !sight.new_instances) return RecreateStep::StartNew;
  return sight.old_instances ? RecreateStep::StopOld : RecreateStep::SetOldAside;
}

/// The old container no longer has the name.
RecreateStep replace_unnamed(const Sight& sight) {
  const bool old_gone = sight.old_place == Place::Gone;
  if (sight.new_place == Place::Gone) return RecreateStep::Lost;
  if (sight.new_place == Place::Aside)
    return old_gone && !sight.new_instances ? RecreateStep::StartNew : RecreateStep::NameNew;
  if (old_gone) return RecreateStep::Finished;
  if (sight.old_instances) return RecreateStep::StopOld;
  return sight.new_instances ? RecreateStep::RemoveOld : RecreateStep::StartNew;
}

}  // namespace

RecreateStep replace_step(const Sight& sight, bool side_by_side) {
  switch (sight.old_place) {
    case Place::Named:
      return replace_named(sight, side_by_side);
    case Place::Aside:
    case Place::Gone:
      return replace_unnamed(sight);
    case Place::Elsewhere:
      break;
  }
  return RecreateStep::Lost;
}

RecreateStep undo_step(const Sight& sight, bool start_old) {
  const bool is_new = sight.new_place != Place::Gone;
  const bool to_start = start_old && !sight.old_instances;
  switch (sight.old_place) {
    case Place::Named:
    case Place::Elsewhere:
      // A new container that runs here runs side by side, so it holds nothing that the old container needs.
      if (to_start) return RecreateStep::StartOld;
      return is_new ? RecreateStep::RemoveNew : RecreateStep::Undone;
    case Place::Aside:
      if (is_new) return RecreateStep::RemoveNew;
      return to_start ? RecreateStep::StartOld : RecreateStep::NameOld;
    case Place::Gone:
      break;
  }
  return is_new && sight.stranger ? RecreateStep::RemoveNew : replace_unnamed(sight);
}

Resumption resume_by(const Sight& sight) {
  const bool is_new = sight.new_place != Place::Gone;
  switch (sight.old_place) {
    case Place::Named:
      if (!is_new) return Resumption::Untouched;
      // A new container that runs was joined to all its networks first; one that does not run may lack some.
      return sight.new_instances ? Resumption::Replace : Resumption::Undo;
    case Place::Aside:
      if (is_new) return Resumption::Replace;
      return sight.stranger ? Resumption::Taken : Resumption::Undo;
    case Place::Elsewhere:
      return is_new ? Resumption::Undo : Resumption::Untouched;
    case Place::Gone:
      break;
  }
  if (sight.new_place == Place::Named) return Resumption::Finished;
  if (is_new) return sight.stranger ? Resumption::Undo : Resumption::Replace;
  return sight.stranger ? Resumption::Finished : Resumption::Nothing;
}

}  // namespace healer::docker
