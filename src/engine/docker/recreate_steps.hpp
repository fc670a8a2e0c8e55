#pragma once

#include <string>

namespace healer::docker {

/// The steps by which one container replaces another; each step is one call to the engine. Only what exists
/// now decides the next step, so a lost answer, a killed healer and a failed step are handled in the same
/// way: look at the containers and continue.
///
/// The old container is NAME, or NAME-MARK after SetOldAside. The new container is created as NAME-MARK-new,
/// before any change of the old one: if the engine refuses the creation (a mount, a network, an option), the
/// old container is not affected. "begun": the new container still has the name NAME-MARK-new.
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
/// Undo starts the old container before NameOld, and before RemoveNew of a new container that does not run.
/// So an old container that is stopped under NAME, without a new container, was not left so by a recreation.
enum class RecreateStep {
  Create,
  Leave,    ///< a network that the old container has left since its creation
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
  Lost,  ///< another party removed or renamed a container: nothing can be done
};

/// For operators: "creating the new container".
const char* to_string(RecreateStep step);

enum class Place { Gone, Named, Aside, Elsewhere };

/// What exists now. A container under NAME that is neither the old nor healer's new one is a stranger, not
/// new.
struct Sight {
  Place old_place = Place::Gone;
  bool old_instances = false;
  Place new_place = Place::Gone;  ///< Aside: named NAME-MARK-new
  bool new_instances = false;
  bool to_leave = false;  ///< the new container is still on the network to leave
  bool to_join = false;   ///< the new container is not yet on all its networks
  bool stranger = false;  ///< another party's container has NAME
};

/// The next step towards the new container. `side_by_side`: both may run at once.
RecreateStep replace_step(const Sight& sight, bool side_by_side);

/// The next step back to the old container. `start_old`: the old container must run at the end.
RecreateStep undo_step(const Sight& sight, bool start_old);

/// How to continue a recreation whose end is not known.
enum class Resumption {
  Replace,    ///< continue to the new container
  Undo,       ///< go back to the old container
  Untouched,  ///< the old container is unchanged: nothing was begun, or all was undone
  Finished,   ///< the new container exists, the old one is gone
  Taken,      ///< another party's container has NAME now
  Nothing,    ///< neither container exists
};
Resumption resume_by(const Sight& sight);

}  // namespace healer::docker
