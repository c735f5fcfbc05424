use super::*;

#[test]
fn a_mistake_of_the_caller_is_no_fault_of_ours() {
    let soon = Duration::from_secs(1);
    for code in [ErrorCode::InvalidArgument, ErrorCode::Unimplemented, ErrorCode::ResourceExhausted]
    {
        assert!(!Outcome(Some(code)).is_our_fault(soon));
    }
    assert!(Outcome(Some(ErrorCode::Unavailable)).is_our_fault(soon));
    assert!(!Outcome(None).is_our_fault(soon));
}

#[test]
fn a_deadline_that_the_caller_set_is_no_fault_of_ours_and_ours_is() {
    let late = Outcome(Some(ErrorCode::DeadlineExceeded));
    assert!(!late.is_our_fault(REQUEST_TIMEOUT / 2));
    assert!(late.is_our_fault(REQUEST_TIMEOUT));
}
