#pragma once

#include <string>

namespace healer::docker {

/// The steps by which one container replaces another, each one call to the engine. What comes next is decided
/// from what exists and nothing else, so a lost answer, a killed healer and a failed step are one case: look,
/// and go on from there.
///
/// The old one is NAME, or NAME-MARK once it is set aside; the new one begins as NAME-MARK-new. It is created
/// before anything happens to the old one: what the engine refuses (a mount, a network, an option) costs
/// nothing. "runs" is what an inspect says.
///
///   old one         new one               replace                    undo
///   --------------  --------------------  -------------------------  ------------------
///   NAME            none                  Create                     Undone
///   NAME            begun, not joined     Leave, Connect             RemoveNew
///   NAME, runs      begun                 StopOld, or side by side:  RemoveNew
///                                         StartNew and then StopOld
///   NAME, stopped   begun                 SetOldAside                StartOld, RemoveNew
///   NAME-MARK       begun                 NameNew                    RemoveNew
///   NAME-MARK       NAME, stopped         StartNew                   RemoveNew
///   NAME-MARK,runs  NAME                  StopOld                    RemoveNew
///   NAME-MARK       NAME, runs            RemoveOld                  RemoveNew
///   NAME-MARK       none                  Lost                       StartOld, NameOld
///   gone            begun                 StartNew, NameNew          (replace; RemoveNew when NAME is taken)
///   gone            NAME                  Finished                   (replace)
///   gone            none                  Lost                       Lost
///   another name    any                   Lost                       as under NAME
///
/// Undo starts the old one before it gets its name back and before a new one that does not run is removed:
/// whoever finds the old one stopped under its name, and no new one, knows that it is none of our doing.
enum class RecreateStep {
  Create,
  Leave,    ///< a network that the old one has left since it was created
  Connect,  ///< one more network
  StartNew,
  StopOld,
  SetOldAside,
  NameNew,
  RemoveOld,
  Finished,
  RemoveNew,
  StartOld,
  NameOld,
  Undone,
  Lost,  ///< others were at work here: nothing can be done
};

/// For operators: "creating the new container".
const char* to_string(RecreateStep step);

enum class Place { Gone, Named, Aside, Elsewhere };

/// What exists now. A container under NAME that is neither the old nor our new one is not seen as new.
struct Sight {
  Place old_place = Place::Gone;
  bool old_instances = false;
  Place new_place = Place::Gone;  ///< Aside: under the name it begins with
  bool new_instances = false;
  bool to_leave = false;  ///< the new one is still on the network to leave
  bool to_join = false;   ///< not yet on all others
  bool stranger = false;  ///< another party's container has the name
};

/// Towards the new one. `side_by_side`: both may run at once.
RecreateStep replace_step(const Sight& sight, bool side_by_side);

/// Back to the old one. `start_old`: it ran before, or is meant to run.
RecreateStep undo_step(const Sight& sight, bool start_old);

/// What to do about a recreation that another process began.
enum class Resumption {
  Replace,    ///< go on
  Undo,       ///< back to the old one
  Untouched,  ///< the old one is as it was: nothing was begun, or it was undone already
  Finished,   ///< the new one is there, the old one is gone
  Taken,      ///< another party's container has the name now
  Nothing,    ///< neither exists
};
Resumption resume_by(const Sight& sight);

}  // namespace healer::docker
